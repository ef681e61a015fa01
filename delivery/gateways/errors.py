"""What may be wrong with a whole line.

What is wrong with one message is a `SubmitResult`, never an exception.
"""

from __future__ import annotations


class GatewayError(Exception):
    """A line that cannot be used now. Its words are for the person who operates the console."""


class GatewayUnavailable(GatewayError):
    """The other side cannot be reached. Nothing of the window was sent; trying again later is right."""


class GatewayMisconfigured(GatewayError):
    """The line's settings cannot work, so trying again without changing them is useless."""


class PushRefused(GatewayError):
    """A push that is not the carrier's, or that cannot be read; nothing of it is stored."""
