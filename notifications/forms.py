"""Shapes of what people type about alarm contacts and the watch for abuse."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.forms.seen import SeenField
from projects.statuses import AlarmEvent
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from smsconsole.lib.number_reasons import NUMBER_REASONS
from smsconsole.lib.plain_text import refuse_control_characters


class AlarmContactForm(forms.Form):
    """`default_country` is the project's: numbers without a country code are read as its own."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        validators=[refuse_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    msisdn = forms.CharField(
        label=gettext_lazy("Mobile number"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("With the country code, for example +86 138 0013 8000."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell about"),
        choices=AlarmEvent.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one event.")},
    )
    seen = SeenField()

    def __init__(self, *args: Any, default_country: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default_country = default_country

    def clean_msisdn(self) -> str:
        written = self.cleaned_data["msisdn"].strip()
        if not written:
            return ""
        try:
            number = read_msisdn(written, default_country=self.default_country or None)
        except MsisdnError as error:
            words = NUMBER_REASONS.get(error.reason)
            reason = words.label if words else _("This number cannot be sent to")
            raise ValidationError(
                _("%(reason)s. Write the number with its country code, like +86 138 0013 8000.")
                % {"reason": reason}
            ) from None
        if number.is_landline:
            raise ValidationError(_("This is a landline, which receives no text messages."))
        return number.e164

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if (
            not cleaned.get("email")
            and not cleaned.get("msisdn")
            and not {"email", "msisdn"} & set(self.errors)
        ):
            self.add_error("email", _("Give an e-mail address, a mobile number or both."))
        return cleaned


class AbuseWatchForm(forms.Form):
    is_on = forms.BooleanField(label=gettext_lazy("Watch for abuse"), required=False)
    min_requests = forms.IntegerField(
        label=gettext_lazy("Requests in an hour, at least"), min_value=1, max_value=10_000_000
    )
    max_success_percent = forms.IntegerField(
        label=gettext_lazy("Delivered in percent, at most"), min_value=0, max_value=100
    )
    min_growth_percent = forms.IntegerField(
        label=gettext_lazy("Growth in percent against the same hour yesterday, at least"),
        min_value=0,
        max_value=100_000,
    )
    seen = SeenField()
