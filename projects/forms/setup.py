"""The form of the first setup."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import new_password_field
from accounts.models import User
from projects.forms.projects import country_choices, zone_choices


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
