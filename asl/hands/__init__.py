"""Hands in pictures: where they are, their joints, and how handshapes differ."""
