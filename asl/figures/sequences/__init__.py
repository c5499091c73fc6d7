"""Figures about sequences of landmarks."""
