"""What platform staff may ask of the list of organizations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.queries.staff import StandingFilter

SEARCH_MAX_CHARACTERS = 160


class OrganizationFilter(forms.Form):
    """What makes no sense is ignored; a search that is too long finds nothing anyway and is cut."""

    q = forms.CharField(
        label=_("Search"), max_length=SEARCH_MAX_CHARACTERS, required=False, widget=forms.SearchInput
    )
    standing = forms.ChoiceField(choices=StandingFilter.choices, required=False)
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def asked(self) -> dict[str, Any]:
        self.is_valid()
        cleaned = self.cleaned_data
        written = self.data.get("q", "").replace("\0", "").strip()
        return {
            "search": written[:SEARCH_MAX_CHARACTERS],
            "standing": cleaned.get("standing") or "",
            "before": cleaned.get("before"),
        }
