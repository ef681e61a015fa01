"""Small servers that speak the documented APIs of carriers over true HTTP, for tests. One module per carrier."""
