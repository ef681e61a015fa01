"""Reads for the interfaces."""
