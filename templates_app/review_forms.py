"""The shape of what reviewers enter: which part of the queue they want, and their verdict."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from templates_app.models import REGION_CHOICES
from templates_app.presets import Preset
from templates_app.queries import Place, Scope
from templates_app.reviewed import KINDS

COMMENT_LENGTH_MAX = 500


class QueueFilter(forms.Form):
    """What the address of the queue may ask for; what makes no sense is ignored."""

    noun = forms.ChoiceField(choices=[(kind.noun, kind.plural) for kind in KINDS], required=False)
    region = forms.ChoiceField(choices=REGION_CHOICES, required=False)
    # The queue that the case was opened from: that of its project, or with this the whole organization's.
    queue = forms.ChoiceField(choices=[("organization", "")], required=False)
    after = forms.CharField(max_length=60, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {
            **{name: cleaned.get(name) or "" for name in ("noun", "region", "queue")},
            "after": Place.read(cleaned.get("after") or ""),
        }

    def asked(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data


class Queue:
    """The queue that a page belongs to, as its address says, and the query string that leads back to it."""

    def __init__(self, data: Any, *, organization_id: int, project: Project | None) -> None:
        asked = QueueFilter(data).asked()
        # The organization's own page says so by its address, the page of a case by its query string.
        self.is_wide = project is None or asked["queue"] == "organization"
        self.noun, self.region = asked["noun"], asked["region"]
        self.after: Place | None = asked["after"]
        project_id = None if project is None or self.is_wide else project.pk
        self.scope = Scope(organization_id, project_id, self.noun, self.region)

    @property
    def is_filtered(self) -> bool:
        return bool(self.noun or self.region)

    @property
    def filters(self) -> str:
        """For links within the queue's own page."""
        return self._query(noun=self.noun, region=self.region)

    @property
    def query(self) -> str:
        """For links to cases."""
        return self._query(queue="organization" if self.is_wide else "", noun=self.noun, region=self.region)

    def with_noun(self, noun: str) -> str:
        return self._query(noun=noun, region=self.region)

    def with_region(self, region: str) -> str:
        return self._query(noun=self.noun, region=region)

    def page_after(self, place: Place) -> str:
        return self._query(noun=self.noun, region=self.region, after=str(place))

    @staticmethod
    def _query(**values: str) -> str:
        # An empty query string still leads away from the one of the page it stands on.
        return "?" + urlencode({name: value for name, value in values.items() if value})


class DecisionForm(forms.Form):
    """A reviewer's verdict. `seen_at` is when the text that was on the page had been submitted."""

    seen_at = forms.DateTimeField(widget=forms.HiddenInput)
    presets = forms.MultipleChoiceField(
        label=_("Reasons"), required=False, widget=forms.CheckboxSelectMultiple
    )
    comment = forms.CharField(
        label=_("Comment"),
        max_length=COMMENT_LENGTH_MAX,
        required=False,
        help_text=_("The author reads this."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, presets: list[Preset], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = dict(presets)
        self.fields["presets"].choices = presets  # type: ignore[attr-defined]

    def must_say_why(self) -> bool:
        """Whether a reason was given; if not, its field says so. Only after `is_valid()`."""
        if not self.reason():
            self.add_error("comment", _("Give the reason, so that the author knows what to change."))
        return not self.errors

    def reason(self) -> str:
        """The chosen reasons and the comment, as the author reads them."""
        chosen = [str(self.words[key]) for key in self.cleaned_data["presets"]]
        return "\n".join([*chosen, self.cleaned_data["comment"]]).strip()
