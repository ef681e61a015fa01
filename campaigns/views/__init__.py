"""The campaign pages, by what they are about."""
