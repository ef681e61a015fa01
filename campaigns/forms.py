"""Shape of what people type on the campaign pages. What it means is decided in `services`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from projects.forms import zone_choices
from projects.forms.seen import SeenField
from projects.models import Project
from projects.services import UNCERTAIN_MINUTES_MAX, UNCERTAIN_MINUTES_MIN
from projects.statuses import FrequencyDimension, UncertainPolicy
from smsconsole.lib.plain_text import refuse_control_characters

Choices = Iterable[tuple[str, Any]]
# The newest campaigns that one can look for a number in.
CAMPAIGNS_OFFERED = 200


class WhatForm(forms.Form):
    """What is sent: an approved text and signature, and the campaign's own words about itself.

    A draft is saved half filled; what is required here is asked for when somebody wants to go on.
    """

    body_template_revision = forms.ChoiceField(label=_("Template name"))
    signature_revision = forms.ChoiceField(label=_("Signature name"))
    name = forms.CharField(
        label=_("Campaign name"),
        max_length=30,
        help_text=_("Up to 30 characters; only your organization sees it."),
    )
    sender_id = forms.ChoiceField(
        label=_("Sender ID"),
        required=False,
        help_text=_("Shown as the sender on the phone. Only approved sender IDs can be chosen."),
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(
        self, *args: Any, templates: Choices, signatures: Choices, senders: Choices, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _offer(self.fields["sender_id"], senders, _("None: the carrier chooses"))
        _offer(self.fields["body_template_revision"], templates, _("Choose an approved template…"))
        _offer(self.fields["signature_revision"], signatures, _("Choose an approved signature…"))


class ManualForm(forms.Form):
    numbers = forms.CharField(
        label=_("Numbers"),
        widget=forms.Textarea(attrs={"autocomplete": "off", "inputmode": "tel", "spellcheck": "false"}),
        help_text=_("Up to 100, separated by commas, spaces or lines."),
    )


class TestForm(forms.Form):
    __test__ = False  # Its name looks like a test case to pytest.

    numbers = forms.CharField(
        label=_("Numbers of your own"),
        widget=forms.Textarea(attrs={"autocomplete": "off", "inputmode": "tel", "spellcheck": "false"}),
        help_text=_("Up to 5, separated by commas, spaces or lines."),
    )


class FileChoicesForm(forms.Form):
    """How to read the file, where the guess was wrong. Offers only what the file has."""

    sheet = forms.ChoiceField(label=_("Sheet"))
    number_column = forms.TypedChoiceField(label=_("Number column"), coerce=int)
    has_header = forms.TypedChoiceField(
        label=_("Header"),
        coerce=lambda value: value == "yes",
        choices=[("yes", _("The first row names the columns")), ("no", _("The first row is data"))],
    )
    encoding = forms.ChoiceField(label=_("Encoding"))
    separator = forms.ChoiceField(
        label=_("Separator"),
        choices=[(",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")), ("|", _("Vertical bar"))],
    )

    def __init__(
        self, *args: Any, sheets: Choices, columns: Choices, encodings: Choices, is_csv: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self.fields["number_column"], columns)
        _set_choices(self.fields["sheet"], sheets)
        _set_choices(self.fields["encoding"], encodings)
        for name in ["sheet"] if is_csv else ["encoding", "separator"]:
            del self.fields[name]


class MoveForm(forms.Form):
    """A day and time as a clock on the wall of that zone shows it."""

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}))
    time = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    fold = forms.ChoiceField(
        label=_("The clocks go back and this time comes twice. Which one?"),
        required=False,
        widget=forms.RadioSelect,
        choices=[("0", _("The first, still in summer time")), ("1", _("The second, an hour later"))],
    )


class WhenForm(MoveForm):
    """Now, or a day and time."""

    when = forms.ChoiceField(choices=[("now", _("Send now")), ("schedule", _("Send by schedule"))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("when") == "now":
            for name in ("date", "time", "time_zone"):
                self.fields[name].required = False


class SimulationForm(forms.Form):
    """A frequency limit to try on what was sent."""

    dimension = forms.ChoiceField(label=_("Limit"), choices=FrequencyDimension.choices)
    n_messages = forms.IntegerField(label=_("Messages"), min_value=1, max_value=1_000)
    n_seconds = forms.IntegerField(
        label=_("In so many seconds"),
        min_value=1,
        max_value=86_400,
        required=False,
        help_text=_("Only for the same text to one number."),
    )


class SendForm(forms.Form):
    verification = forms.UUIDField(widget=forms.HiddenInput, required=False)
    verification_code = forms.CharField(
        label=_("Verification code"),
        max_length=12,
        widget=forms.TextInput(attrs={"class": "code-input", "autocomplete": "off", "inputmode": "numeric"}),
        help_text=_("Type what the picture shows or the sound says. It is good for 5 minutes and 5 tries."),
    )


def _offer(field: forms.Field, choices: Choices, invitation: str | Promise) -> None:
    _set_choices(field, [("", invitation), *choices])


def _set_choices(field: forms.Field, choices: Choices) -> None:
    assert isinstance(field, forms.ChoiceField)  # nosec B101 # noqa: S101 - tells the type checker
    field.choices = list(choices)


class WhyForm(forms.Form):
    """A number, however it is written, and the campaign that it is looked for in; empty for all of them."""

    number = forms.CharField(
        label=_("Number"),
        max_length=60,
        validators=[refuse_control_characters],
        help_text=_("Written in any way, as it stands in your file."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "data-shortcut": "/"}),
    )
    campaign = forms.ModelChoiceField(
        label=_("Campaign"),
        queryset=Campaign.objects.none(),
        to_field_name="uuid",
        required=False,
        empty_label=_("All campaigns"),
        error_messages={"invalid_choice": _("This campaign does not exist any more. Choose another.")},
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = Campaign.objects.filter(project=project).order_by("-pk")
        oldest_offered = newest.values("pk")[CAMPAIGNS_OFFERED - 1 : CAMPAIGNS_OFFERED]
        field = cast("forms.ModelChoiceField[Campaign]", self.fields["campaign"])
        field.queryset = newest.filter(pk__gte=Coalesce(Subquery(oldest_offered), 0)).select_related(
            "dispatch", "signature_revision__signature", "project"
        )


class UncertainPolicyForm(forms.Form):
    """What happens to uncertain messages, and after how many minutes."""

    policy = forms.ChoiceField(
        label=_("When nothing is heard"),
        choices=UncertainPolicy.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose one of the three.")},
    )
    after_minutes = forms.IntegerField(
        label=_("After so many minutes"),
        min_value=UNCERTAIN_MINUTES_MIN,
        max_value=UNCERTAIN_MINUTES_MAX,
        help_text=_(
            "Counted from when the message was handed to the gateway: 5 minutes to 72 hours (4,320)."
        ),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": _("Type a whole number, digits only."),
            "min_value": _("Type %(limit_value)s or more."),
            "max_value": _("Type at most %(limit_value)s."),
        },
    )
    seen = SeenField()
