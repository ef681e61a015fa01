"""Why a signature is wrong: a request as a program sent it, read again and signed beside it, step by step. Pure.

Nothing of it is kept: what is pasted lives as long as the answer, and our own secrets never leave it.
"""
