"""Forms of limits, caps and allowed countries."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.forms.either import EitherFile, EitherText
from projects.forms.projects import country_choices
from projects.forms.seen import SeenField
from projects.services import CAP_MAX, MESSAGES_MAX, SECONDS_MAX
from projects.statuses import (
    SCOPE_ALL,
    SCOPE_DOMESTIC,
    SCOPE_INTERNATIONAL,
    CapPeriod,
    FrequencyDimension,
)

_OUT_OF_BOUNDS = {
    "required": _("Type a whole number."),
    "invalid": _("Type a whole number, digits only."),
    "min_value": _("Type %(limit_value)s or more."),
    "max_value": _("Type at most %(limit_value)s."),
}


def _whole(label: Any, maximum: int, *, help_text: Any = "", required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=maximum,
        required=required,
        help_text=help_text,
        error_messages=_OUT_OF_BOUNDS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class LimitForm(forms.Form):
    """A frequency limit; the seconds only where the dimension counts them."""

    is_on = forms.BooleanField(label=_("Limit is on"), required=False)
    n_messages = _whole(_("Messages at most"), MESSAGES_MAX)
    n_seconds = _whole(_("In so many seconds"), SECONDS_MAX)
    seen = SeenField()

    def __init__(self, *args: Any, dimension: FrequencyDimension, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if dimension != FrequencyDimension.SAME_CONTENT:
            del self.fields["n_seconds"]


class CapForm(forms.Form):
    warn_at = _whole(
        _("Warning at"), CAP_MAX, required=False, help_text=_("Messages. Alarm contacts are told.")
    )
    cap = _whole(
        _("Cap at"),
        CAP_MAX,
        required=False,
        help_text=_(
            "Messages. What would go beyond waits: campaigns are held until it is raised or continued."
        ),
    )
    seen = SeenField()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        warn_at, cap = cleaned.get("warn_at"), cleaned.get("cap")
        if warn_at is not None and cap is not None and warn_at > cap:
            self.add_error("warn_at", gettext("The warning lies above the cap and would come too late."))
        return cleaned


def scope_choices() -> list[tuple[str, Any]]:
    """Everything a cap can be about: all, the regions, each country."""
    return [
        (SCOPE_ALL, _("All messages")),
        (SCOPE_DOMESTIC, _("Domestic")),
        (SCOPE_INTERNATIONAL, _("International")),
        *country_choices()[1:],
    ]


class CapChoiceForm(forms.Form):
    """Which cap to set."""

    scope = forms.ChoiceField(label=_("For"), choices=scope_choices)
    period = forms.ChoiceField(label=_("Per"), choices=CapPeriod.choices)


class CountriesForm(forms.Form):
    """Countries by pasting, by file, or both."""

    use_required_attribute = False

    text = EitherText(
        label=_("Countries"),
        max_length=20_000,
        help_text=_("One a line: the name, the two-letter code or the calling code. DE, Germany or +49."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        error_messages={"max_length": _("This is too long for a list of countries.")},
    )
    file = EitherFile(
        label=_("Or a file"),
        help_text=_(".xlsx, .csv or .txt. The columns of the template; the country is enough."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("text", "").strip() and not cleaned.get("file"):
            self.add_error("text", gettext("Type at least one country, or choose a file."))
        return cleaned
