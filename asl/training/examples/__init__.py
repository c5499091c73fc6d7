"""Data sets on their way to examples, whatever kind these are."""
