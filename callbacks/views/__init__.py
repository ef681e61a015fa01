"""Pages about callbacks, below a project's settings."""
