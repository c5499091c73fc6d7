"""Pictures and hand landmarks as examples to learn from."""
