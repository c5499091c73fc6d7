"""Reading, cleaning and measuring signs that are sequences of landmarks."""
