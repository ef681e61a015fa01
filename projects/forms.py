"""Forms about projects and the first setup."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import new_password_field
from accounts.models import User
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


class SetupForm(forms.Form):
    setup_code = forms.CharField(
        label=_("Setup code"),
        max_length=60,
        help_text=_("It was printed when the console started. “manage.py setup_code” makes a new one."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    organization_name = forms.CharField(
        label=_("Organization"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    name = forms.CharField(
        label=_("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = new_password_field()
    project_name = forms.CharField(label=_("First project"), max_length=60)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        initial="UTC",
        help_text=_("Of the times on the project's pages."),
    )
    default_country = forms.ChoiceField(
        label=_("Default country"),
        choices=country_choices,
        required=False,
        help_text=_("Of numbers without a country code."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        person = User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
        try:
            validate_password(cleaned.get("password", ""), person)
        except ValidationError as error:
            if "password" not in self.errors:
                self.add_error("password", error)
        return cleaned
