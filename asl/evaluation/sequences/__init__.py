"""Trying models of words."""
