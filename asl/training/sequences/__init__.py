"""Training networks that read signs from sequences of landmarks."""
