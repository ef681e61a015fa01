"""Shapes of what people type about callbacks."""
