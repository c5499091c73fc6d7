"""Fit one network: the loop, checkpoints, schedules and callbacks, on one process or several."""
