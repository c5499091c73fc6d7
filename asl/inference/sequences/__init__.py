"""From landmarks over time to a word, without PyTorch."""
