"""What the reader of the log may filter by, and which span of time is told again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.queries.log import LogFilters
from callbacks.statuses import CallbackState
from projects.statuses import CallbackKind

MOMENT_FORMAT = "%Y-%m-%dT%H:%M"
# Beyond them a zone's day has no beginning or end that can be reckoned with.
_DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class FilterForm(forms.Form):
    """A wrong value is left out and said at its field; the others filter."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", gettext_lazy("All kinds")), *CallbackKind.choices],
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("Any state")), *CallbackState.choices],
    )
    first_day = forms.DateField(label=gettext_lazy("From"), required=False, widget=_DAY, validators=_DAYS)
    last_day = forms.DateField(label=gettext_lazy("To"), required=False, widget=_DAY, validators=_DAYS)

    def filters(self) -> LogFilters:
        self.is_valid()
        chosen = self.cleaned_data
        kind, state = chosen.get("kind"), chosen.get("state")
        return LogFilters(
            kind=CallbackKind(kind) if kind else None,
            state=CallbackState(state) if state else None,
            first_day=chosen.get("first_day"),
            last_day=chosen.get("last_day"),
        )


class MomentField(forms.DateTimeField):
    """A minute on the clock of `zone`."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT_FORMAT)
    zone: ZoneInfo

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        return moment.replace(tzinfo=self.zone) if moment else None


class ReplayForm(forms.Form):
    begin = MomentField(label=gettext_lazy("From"), input_formats=[MOMENT_FORMAT])
    end = MomentField(label=gettext_lazy("To"), input_formats=[MOMENT_FORMAT])

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.zone = zone

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        begin, end = cleaned.get("begin"), cleaned.get("end")
        if begin and end and begin >= end:
            self.add_error("end", ValidationError(_("The end has to come after the beginning.")))
        elif begin and begin > timezone.now():
            self.add_error("begin", ValidationError(_("This time has not come yet.")))
        return cleaned
