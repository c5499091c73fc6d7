"""The data sets that users made: archives taken in, kept, and checked."""
