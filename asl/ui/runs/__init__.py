"""The Runs page: trainings in a table, watched, and their reports."""
