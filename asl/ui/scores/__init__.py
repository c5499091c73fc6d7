"""The Scores page: how well a model does."""
