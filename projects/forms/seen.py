"""The moment that a form was filled from, kept in the form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from django import forms
from django.http import QueryDict

# Matches nothing: what came back is no moment of ours.
NEVER = datetime.min.replace(tzinfo=UTC)


class SeenField(forms.Field):
    """`changed_at` of what the form changes, as the page showed it; None when there was none."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: object) -> datetime | None:
        if not value:
            return None
        try:
            seen = datetime.fromisoformat(str(value))
        except ValueError:
            return NEVER
        return seen if seen.tzinfo is not None else NEVER


def seen_value(changed_at: datetime | None) -> str:
    """What a page writes into the hidden field."""
    return changed_at.isoformat() if changed_at else ""


def has_seen(form: forms.Form, changed_at: datetime | None) -> None:
    """The form has seen the newest state now: saving it once more is meant."""
    data = cast(QueryDict, form.data).copy()
    data["seen"] = seen_value(changed_at)
    form.data = data
