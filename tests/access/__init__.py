"""The rows of the access table, one module per app or subject; `tests/test_access.py` asks them all."""
