"""Search for better training settings with Optuna."""
