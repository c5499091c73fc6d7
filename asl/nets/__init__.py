"""Network architectures, one a file, and the registry that lists them by name."""
