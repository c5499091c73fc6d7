"""From a picture to an answer, without PyTorch."""
