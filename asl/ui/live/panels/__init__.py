"""What stands beside the video in each mode."""
