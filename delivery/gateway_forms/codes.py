"""The form that says what a carrier's code means."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from delivery.reasons import facts_of
from delivery.services.codes import MAPPABLE
from delivery.statuses import Reason

NOT_KNOWN = "0"


def _reasons() -> list[tuple[Any, Any]]:
    """Every reason that a carrier can mean, under what it is about."""
    grouped: dict[Any, list[tuple[str, Any]]] = defaultdict(list)
    for reason in MAPPABLE:
        grouped[facts_of(reason).category.label].append((str(reason.value), reason.label))
    return [(NOT_KNOWN, _("Not known yet")), *grouped.items()]


class CodeForm(forms.Form):
    """`seen` is the moment of the last change as the page knew it, empty for none."""

    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    reason = forms.ChoiceField(label=_("What it means"), choices=_reasons)
    rereads_past = forms.BooleanField(label=_("Give past messages this reason as well"), required=False)

    def clean_reason(self) -> Reason | None:
        chosen = self.cleaned_data["reason"]
        return None if chosen == NOT_KNOWN else Reason(int(chosen))
