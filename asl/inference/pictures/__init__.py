"""From a picture, or a camera's frames, to an answer."""
