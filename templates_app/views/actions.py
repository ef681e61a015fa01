"""What lists and buttons of signatures and body templates have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from projects.errors import ProjectsError
from templates_app.errors import TemplatesError
from templates_app.statuses import RevisionStatus

REFUSALS = (TemplatesError, ProjectsError)


def carry_out(request: HttpRequest, change: Callable[[], object], *, done: str) -> bool:
    """Make a change and say so in a toast; a refusal is shown in its own words. True when it was made."""
    try:
        change()
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, done)
    return True


def state_chips(counts: Mapping[str, int], *, chosen: str) -> dict[str, Any]:
    """The chips above a list: all, then each state that occurs, and the chosen one even if it does not."""
    states = [
        {"state": state, "label": label, "n": counts.get(state, 0)}
        for state, label in RevisionStatus.choices
        if state in counts or state == chosen
    ]
    return {"all": counts.get("", 0), "states": states} if counts else {}
