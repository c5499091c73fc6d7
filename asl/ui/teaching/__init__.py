"""Teach the model the visitor's hand: from pictures, from the camera, and what was learned."""
