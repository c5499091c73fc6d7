"""Clips of words on the Train page: record them, look through them, and what they amount to."""
