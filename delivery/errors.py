"""What delivery refuses, in words for a person."""

from __future__ import annotations


class DeliveryError(Exception):
    """An expected refusal; its text says what happened and what to do."""


class LedgerError(Exception):
    """The rows contradict each other: a fault of the console, never of a person. Stops the transaction."""


class GatewayChanged(DeliveryError):
    """Somebody changed the gateway after the page was opened; the words say who and when."""
