"""Shapes of what people type about keys of programs."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.forms.seen import SeenField
from projects.key_words import SCOPE_EXPLANATIONS
from projects.models import ApiKey, Project
from projects.services import ApiKeyTerms
from projects.services.program_keys import NAME_MAX
from projects.statuses import ApiScope
from smsconsole.lib.networks import NetworkRefused, read_networks
from smsconsole.lib.plain_text import refuse_control_characters

LONGEST_DAYS = 3660


class Expiry(models.TextChoices):
    """When a new key stops working."""

    DAYS_30 = "30", gettext_lazy("In 30 days")
    DAYS_90 = "90", gettext_lazy("In 90 days")
    DAYS_365 = "365", gettext_lazy("In a year")
    ON_DATE = "date", gettext_lazy("After a day you choose")
    NEVER = "never", gettext_lazy("Never")


class NetworksField(forms.CharField):
    """Addresses and networks, one a line; cleaned to a list in one spelling."""

    widget = forms.Textarea(attrs={"rows": "3", "class": "font-monospace", "spellcheck": "false"})

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Only from these addresses"),
            required=False,
            max_length=2000,
            help_text=gettext_lazy(
                "One a line, like 203.0.113.7 or 203.0.113.0/24. Empty: from anywhere. Behind a proxy the console "
                "has to know how many there are (TRUSTED_PROXY_COUNT)."
            ),
        )

    def clean(self, value: Any) -> list[str]:
        try:
            return read_networks(super().clean(value))
        except NetworkRefused as error:
            raise ValidationError(str(error)) from None


class OnceField(forms.Field):
    """A number that the page was made with, so that sending it twice is noticed; None for what is none."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, initial=uuid.uuid4)

    def to_python(self, value: object) -> uuid.UUID | None:
        try:
            return uuid.UUID(str(value))
        except ValueError:
            return None


class KeyForm(forms.Form):
    """What pairs of SecretId and SecretKey have: a name and addresses. `once` makes the form good for one key."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_MAX,
        validators=[refuse_control_characters],
        help_text=gettext_lazy("Which program uses it. Give each program a key of its own."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    addresses = NetworksField()
    seen = SeenField()
    once = OnceField()

    field_order = ["name", "scopes", "expiry", "expires_on", "addresses", "rate_per_second"]


class AddressesForm(forms.Form):
    """The addresses of an AppKey, which has nothing else that a person may change."""

    addresses = NetworksField()
    seen = SeenField()


class ApiKeyForm(KeyForm):
    """A key of the native API. Days are whole days on the project's clock; the key works until the end of its last.

    Without `key` a new one, which may be for the sandbox and has a time to live; else the changes of that key.
    """

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=ApiScope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )
    expiry = forms.ChoiceField(
        label=gettext_lazy("Expires"), choices=Expiry.choices, initial=Expiry.DAYS_90, widget=forms.Select
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Only with “After a day you choose”."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    rate_per_second = forms.IntegerField(
        label=gettext_lazy("Requests per second"),
        required=False,
        min_value=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, project: Project, key: ApiKey | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.key = project, key
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (
                scope.value,
                format_html(
                    "{} <code>{}</code><small>{}</small>", scope.label, scope.value, SCOPE_EXPLANATIONS[scope]
                ),
            )
            for scope in ApiScope
        ]
        most = settings.API_REQUESTS_PER_SECOND
        rate = self.fields["rate_per_second"]
        rate.help_text = _("Empty: %(most)s, the limit of the console.") % {"most": most}
        if key is not None:
            del self.fields["expiry"]
            self.fields["expires_on"].help_text = _("Empty: it never expires.")

    def clean_rate_per_second(self) -> int | None:
        rate: int | None = self.cleaned_data["rate_per_second"]
        most = settings.API_REQUESTS_PER_SECOND
        if rate is not None and rate > most:
            raise ValidationError(_("The console allows %(most)s at most.") % {"most": most})
        return rate

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "expires_on" in self.errors:
            return cleaned
        day = self._last_day(cleaned)
        if cleaned.get("expiry") == Expiry.ON_DATE and day is None:
            self.add_error("expires_on", _("Choose the last day on which the key works."))
            return cleaned
        if day is not None and day != self._kept_day():
            if day < self._today():
                self.add_error("expires_on", _("That day is over. Choose today or a later day."))
                return cleaned
            if day > self._today() + timedelta(days=LONGEST_DAYS):
                self.add_error(
                    "expires_on", _("That is more than ten years ahead. Leave the end open instead.")
                )
                return cleaned
        cleaned["expires_at"] = self._end_of(day) if day is not None else None
        return cleaned

    def _last_day(self, cleaned: dict[str, Any]) -> date | None:
        expiry = cleaned.get("expiry", Expiry.ON_DATE if self.key is not None else Expiry.NEVER)
        if expiry == Expiry.ON_DATE:
            return cleaned.get("expires_on")
        if expiry == Expiry.NEVER:
            return None
        return self._today() + timedelta(days=int(expiry))

    def _today(self) -> date:
        return timezone.now().astimezone(self.project.zone).date()

    def _kept_day(self) -> date | None:
        """The last day of the key as it is: that stays possible, even when it is over."""
        expires_at = self.key.expires_at if self.key is not None else None
        return last_day(expires_at, self.project) if expires_at is not None else None

    def _end_of(self, day: date) -> datetime:
        if self.key is not None and self.key.expires_at is not None and day == self._kept_day():
            return self.key.expires_at
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=self.project.zone)

    def terms(self) -> ApiKeyTerms:
        chosen = self.cleaned_data
        return ApiKeyTerms(
            name=chosen["name"],
            scopes=chosen["scopes"],
            addresses=chosen["addresses"],
            expires_at=chosen["expires_at"],
            rate_per_second=chosen["rate_per_second"],
        )


class NewApiKeyForm(ApiKeyForm):
    is_sandbox = forms.BooleanField(
        label=gettext_lazy("Sandbox key: nothing it sends leaves the console"),
        required=False,
        help_text=gettext_lazy(
            "For trying out. Messages are answered as if they had been delivered, failed or stayed silent, by "
            "their last digits. It cannot be changed later."
        ),
    )


class PullsForm(forms.Form):
    pulls_status = forms.BooleanField(
        label=gettext_lazy("Programs may fetch receipts"),
        required=False,
        help_text=gettext_lazy("pullstatus of v5, PullSmsSendStatus of API 3.0."),
    )
    pulls_replies = forms.BooleanField(
        label=gettext_lazy("Programs may fetch replies"),
        required=False,
        help_text=gettext_lazy("pullstatus with type 1 of v5, PullSmsReplyStatus of API 3.0."),
    )
    seen = SeenField()


def last_day(expires_at: datetime, project: Project) -> date:
    """The last day, whole or begun, before this moment on the project's clock."""
    return (expires_at - timedelta(microseconds=1)).astimezone(project.zone).date()
