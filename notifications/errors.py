"""Refusals of this app, with words a person can read."""

from __future__ import annotations


class NotificationsError(Exception):
    """An expected refusal; `str(error)` may be shown."""
