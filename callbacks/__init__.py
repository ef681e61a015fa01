"""Callbacks: what a project's own servers are told, and what programs may fetch."""
