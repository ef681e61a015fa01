"""Measurements of speed and memory. Each module has `run()`, which returns its results."""
