"""Where the hand is in a picture, and what it looks like once found."""
