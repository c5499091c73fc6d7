"""From examples to a model bundle."""
