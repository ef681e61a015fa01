"""Where callbacks of one kind go, and how they look."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from callbacks.addresses import URL_MAX, read_target
from callbacks.errors import AddressRefused
from callbacks.services.endpoints import PER_REQUEST_MAX
from projects.forms.seen import SeenField
from projects.statuses import CallbackFormat, CallbackKind
from smsconsole.lib.plain_text import refuse_control_characters


class EndpointForm(forms.Form):
    """Only receipts come many at a time, and only they are of campaigns or programs."""

    url = forms.CharField(
        label=_("URL"),
        max_length=URL_MAX,
        validators=[refuse_control_characters],
        help_text=_("Where your server listens, for example https://hooks.example.com/sms/status."),
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[
            (
                CallbackFormat.STANDARD,
                _("Standard Webhooks: one signed JSON object with a type, a time and the data"),
            ),
            (
                CallbackFormat.TENCENT,
                _("Tencent Cloud: what programs written for Tencent's callbacks read; signed as well"),
            ),
        ],
        widget=forms.RadioSelect,
    )
    includes_campaigns = forms.BooleanField(
        label=_("Tell of campaigns' messages, too, and not only of those that programs send"), required=False
    )
    n_per_request = forms.IntegerField(
        label=_("Most receipts in one request"),
        min_value=1,
        max_value=PER_REQUEST_MAX,
        help_text=_("Receipts that come at about the same time share a request, up to 100."),
        error_messages={
            "min_value": _("Choose 1 to 100 receipts."),
            "max_value": _("Choose 1 to 100 receipts."),
            "invalid": _("Choose 1 to 100 receipts."),
        },
    )
    seen = SeenField()

    def __init__(self, *args: Any, kind: CallbackKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind != CallbackKind.STATUS:
            del self.fields["includes_campaigns"]
            del self.fields["n_per_request"]

    def clean_url(self) -> str:
        """As far as the words of the address tell; where its name leads is looked at when it is saved."""
        url: str = self.cleaned_data["url"]
        try:
            read_target(url)
        except AddressRefused as error:
            raise ValidationError(str(error)) from None
        return url
