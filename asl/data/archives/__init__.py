"""What strangers packed, or a folder holds: read with limits, nothing of it believed."""
