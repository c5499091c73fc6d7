"""The Train page: data sets, their check-up, and the settings of a training."""
