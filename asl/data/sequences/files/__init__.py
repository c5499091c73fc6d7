"""What files of sequences are called, where they lie, and how one of them is read."""
