"""Tencent's API v5 (`tlssmssvr`): the same requests, answers and codes, from this console."""
