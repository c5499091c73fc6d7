"""The Live page: camera, video, and the panels beside it."""
