"""How good a model is, and what it costs: scores, calibration, reports and benchmarks."""
