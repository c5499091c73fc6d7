"""Trainings as runs outside the app's server: queue, worker, control and estimate."""
