"""Pages about the interfaces."""
