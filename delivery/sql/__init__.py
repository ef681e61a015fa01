"""The statements that are written by hand, each with the reason why it is written so; a module per subject.

Numbers inside are `MessageStatus` and `WindowState`.
"""
