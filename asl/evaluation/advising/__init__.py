"""What reports say of a test in plain words: what its examples are called, and what to do next."""
