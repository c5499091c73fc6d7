"""Networks for pictures and hand landmarks, one a file."""
