"""What the reader of the audit may filter by."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.models import Operation
from audit.queries import Filters


class FilterForm(forms.Form):
    """A wrong value is left out and said at its field; the others filter."""

    subject = forms.ChoiceField(label=_("What"), required=False)
    operation = forms.ChoiceField(
        label=_("Action"), required=False, choices=[("", _("Any action")), *Operation.choices]
    )
    actor = forms.ChoiceField(label=_("Who"), required=False)
    first_day = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last_day = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    request_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: object, *, subjects: list[tuple[str, str]], people: list[tuple[str, str]]
    ) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["subject"].choices = [("", _("Everything")), *subjects]  # type: ignore[attr-defined]
        self.fields["actor"].choices = [  # type: ignore[attr-defined]
            ("", _("Anybody")),
            *people,
            ("console", _("The console itself")),
        ]

    def filters(self) -> Filters:
        self.is_valid()
        chosen = self.cleaned_data
        return Filters(
            subject=chosen.get("subject") or "",
            operation=chosen.get("operation") or "",
            actor=chosen.get("actor") or "",
            request_id=str(chosen.get("request_id") or ""),
            first_day=chosen.get("first_day"),
            last_day=chosen.get("last_day"),
        )
