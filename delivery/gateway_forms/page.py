"""Small forms on the page of a gateway."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from smsconsole.lib.plain_text import refuse_control_characters, refuse_control_characters_in_lines

TRIAL_TEXT_MAX = 700
NO_NUMBER = _(
    "This is no number that a message can be sent to. Type it with its country code, as +49 151 23456789."
)


class TrialForm(forms.Form):
    """One message to a number of one's own."""

    msisdn = forms.CharField(
        label=_("Number"), max_length=40, widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel"})
    )
    sender = forms.CharField(
        label=_("Sender"),
        max_length=20,
        required=False,
        validators=[refuse_control_characters],
        help_text=_("As approved at the carrier. Empty: what the gateway’s settings say."),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=TRIAL_TEXT_MAX,
        widget=forms.Textarea({"rows": 3}),
        validators=[refuse_control_characters_in_lines],
    )

    def clean_msisdn(self) -> str:
        try:
            return read_msisdn(
                self.cleaned_data["msisdn"], default_country=settings.HOME_COUNTRY or None
            ).e164
        except MsisdnError:
            raise forms.ValidationError(NO_NUMBER) from None


class CarrierTemplateForm(forms.Form):
    """A text approved at the carrier, typed by hand."""

    template_id = forms.CharField(
        label=_("Template ID at the carrier"), max_length=80, validators=[refuse_control_characters]
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        validators=[refuse_control_characters_in_lines],
        help_text=_("Exactly as approved, with the carrier’s own placeholders, such as {1} or ${name}."),
    )
