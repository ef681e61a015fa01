"""Forms about gateways."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from smsconsole.lib.plain_text import refuse_control_characters

RATE_MIN, RATE_MAX = 0.1, 100_000


class GatewayForm(forms.Form):
    """`seen` is the moment of the last change as the page knew it."""

    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label=pgettext_lazy("gateway", "Name"),
        max_length=60,
        validators=[refuse_control_characters],
        error_messages={"required": _("Type a name for this gateway.")},
    )
    rate_per_second = forms.FloatField(
        label=_("Segments per second"),
        min_value=RATE_MIN,
        max_value=RATE_MAX,
        required=False,
        help_text=_("What the carrier allows, shared by all workers. Empty: as fast as the gateway answers."),
        error_messages={
            "invalid": _("Type a number, for example 50."),
            "min_value": _("At least %(limit_value)s. To stop everything, pause the gateway instead."),
            "max_value": _("At most %(limit_value)s."),
        },
    )
