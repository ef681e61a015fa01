"""What every full page shows around its content: the projects one may switch to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from projects import queries


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Lazy: a fragment that does not draw the top bar costs no query."""
    return {"switcher": SimpleLazyObject(lambda: queries.projects_by_organization(request.user))}
