"""Forms about projects."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.countries import countries


@cache
def zone_choices() -> list[tuple[str, str]]:
    """Zones that name a place, and UTC; the old aliases without a place are left out."""
    places = sorted(name for name in zoneinfo.available_timezones() if "/" in name and name[:4] != "Etc/")
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places)]


@cache
def country_choices() -> list[tuple[str, Any]]:
    return [
        ("", _("None")),
        *((code, f"{name} (+{calling_code})") for code, name, calling_code in countries()),
    ]


class ProjectForm(forms.Form):
    name = forms.CharField(
        label=_("Project name"),
        max_length=60,
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


class RevealForm(forms.Form):
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
