"""Refusals of this app, with words a person can read."""

from __future__ import annotations


class CallbacksError(Exception):
    """An expected refusal; `str(error)` may be shown."""


class AddressRefused(CallbacksError):
    """The console does not call this address; the words say why. They belong to the field of the URL."""


class EndpointChanged(CallbacksError):
    """Somebody changed it since the form was opened; the words say who and when."""


class ReplayRefused(CallbacksError):
    """Nothing is told again: the time or the amount is not right."""
