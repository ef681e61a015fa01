"""Seeing whole numbers of people in what was told."""

from __future__ import annotations

from accounts.models import User
from callbacks.models import Callback
from projects.services import tell_of_project


def note_reveal(*, callback: Callback, by: User) -> None:
    """Write down that this person asked to see the numbers of this callback."""
    tell_of_project(
        "callback.numbers_revealed", callback.endpoint.project, by=by, callback=str(callback.uuid)
    )
