"""What delivery refuses, in words for a person."""

from __future__ import annotations


class DeliveryError(Exception):
    """An expected refusal; its text says what happened and what to do."""


class ProjectStopped(DeliveryError):
    """Everything of the project was stopped; an admin can allow it again."""


class LedgerError(Exception):
    """The rows contradict each other: a fault of the console, never of a person. Stops the transaction."""


class GatewayChanged(DeliveryError):
    """Somebody changed the gateway after the page was opened; the words say who and when."""


class GatewaySettingsRefused(DeliveryError):
    """The settings of a gateway cannot work; the words are its driver's."""


class GatewayInUse(DeliveryError):
    """The gateway is asked to go, and something left or waits to leave through it."""


class RouteChanged(DeliveryError):
    """Somebody changed the route after the page was opened; the words say who and when."""


class CodeChanged(DeliveryError):
    """Somebody said what the carrier's code means after the page was opened; the words say who and when."""
