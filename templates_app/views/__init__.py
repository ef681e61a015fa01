"""The pages of signatures, body templates and their reviews."""
