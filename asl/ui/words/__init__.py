"""The Words page: signs that are movements, read from films and from the camera."""
