"""The mean movement of several people who sign the same word."""
