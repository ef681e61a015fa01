"""Forms about projects."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.forms.seen import SeenField
from projects.statuses import RecipientZone
from smsconsole.lib.countries import countries
from smsconsole.lib.plain_text import refuse_control_characters


@cache
def zone_choices() -> list[tuple[str, str]]:
    """Zones that name a place, and UTC; the old aliases without a place are left out."""
    places = sorted(name for name in zoneinfo.available_timezones() if "/" in name and name[:4] != "Etc/")
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places)]


def country_choices() -> list[tuple[str, Any]]:
    return [
        ("", _("None")),
        *((code, f"{name} (+{calling_code})") for code, name, calling_code in countries()),
    ]


_NO_TIME = {"required": _("Type a time of day."), "invalid": _("Type the time as 08:00.")}


class ProjectForm(forms.Form):
    name = forms.CharField(
        label=_("Project name"),
        max_length=60,
        validators=[refuse_control_characters],
        help_text=_("The application, shop or department that sends."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        initial="UTC",
        help_text=_("Times on the pages and days of the limits follow this zone."),
    )
    default_country = forms.ChoiceField(
        label=_("Default country"),
        choices=country_choices,
        required=False,
        help_text=_(
            "Numbers without a country code are read as numbers of this country. None: they are refused."
        ),
    )


class ProjectEditForm(ProjectForm):
    seen = SeenField()


class MarketingHoursForm(forms.Form):
    marketing_from = forms.TimeField(
        label=_("From"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages=_NO_TIME,
    )
    marketing_until = forms.TimeField(
        label=_("Until"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages=_NO_TIME,
    )
    marketing_zone = forms.ChoiceField(
        label=_("By the clock of"),
        choices=RecipientZone.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "A recipient whose country spans several zones is written to when it is day in all of them."
        ),
    )
    seen = SeenField()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("marketing_from"), cleaned.get("marketing_until")
        if start is not None and end is not None and start >= end:
            self.add_error("marketing_until", gettext("The hours end before they begin. Choose a later end."))
        return cleaned
