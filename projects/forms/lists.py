"""Forms of the number lists and of removal requests."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.forms.either import EitherFile, EitherText
from projects.statuses import NumberList
from smsconsole.lib.plain_text import refuse_control_characters, refuse_control_characters_in_lines

PASTED_LINES_MAX = 1_000


class NumbersForm(forms.Form):
    """Numbers by pasting, by file, or both; a note and an expiry where the list has them."""

    use_required_attribute = False

    text = EitherText(
        label=_("Numbers"),
        max_length=200_000,
        help_text=_("One a line, at most 1,000 lines. A note may follow after a comma."),
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "figure"}),
        error_messages={"max_length": _("This is too long to paste. Put the numbers into a file.")},
    )
    file = EitherFile(
        label=_("Or a file"),
        help_text=_(".txt, .csv or .xlsx. The number stands in the first column, a note in the second."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        validators=[refuse_control_characters],
        help_text=_("For numbers without one of their own. Whose they are, or why they stand here."),
    )
    expires_on = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_(
            "The last day on the list, in the project's time zone. Empty: until somebody removes them."
        ),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Type the day as 2026-12-31.")},
    )

    def __init__(self, *args: Any, number_list: NumberList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if number_list != NumberList.WHITELIST:
            del self.fields["expires_on"]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        n_lines = sum(1 for line in text.splitlines() if line.strip())
        if n_lines > PASTED_LINES_MAX:
            raise forms.ValidationError(
                gettext("These are %(n)s lines; %(max)s can be pasted at once. Put them into a file instead.")
                % {"n": f"{n_lines:,}", "max": f"{PASTED_LINES_MAX:,}"}
            )
        return text

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("text", "").strip() and not cleaned.get("file"):
            self.add_error("text", gettext("Type at least one number, or choose a file."))
        return cleaned


class RemovalForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1_000,
        validators=[refuse_control_characters_in_lines],
        help_text=_("How and when the person agreed to be written to again. A reviewer reads this."),
        error_messages={"required": _("Say how the person agreed to be written to again.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DecisionForm(forms.Form):
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=1_000,
        validators=[refuse_control_characters_in_lines],
        help_text=_("Needed when you refuse. The requester reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
