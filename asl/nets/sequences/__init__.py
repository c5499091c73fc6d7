"""Networks for words, from sequences of landmarks, one a file."""
