"""The Photo page: pictures in, answers out."""
