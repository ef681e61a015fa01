"""The shape of what people enter about signatures, body templates and reviews."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.countries import countries
from smsconsole.lib.plain_text import refuse_control_characters, refuse_control_characters_in_lines
from smsconsole.lib.types import Region
from templates_app.documents import CERTIFICATES_MAX, Document, read_document
from templates_app.errors import TemplatesError
from templates_app.models import REGION_CHOICES
from templates_app.rules import (
    BodyDraft,
    Finding,
    SenderIdDraft,
    SignatureDraft,
    check_body,
    check_sender_id,
    check_signature,
)
from templates_app.rules.limits import SENDER_ID_STORED_MAX, SIGNATURE_STORED_MAX, scenario_min
from templates_app.statuses import RevisionStatus, SignatureType, SignatureUse, TextKind

# Longer than any rule allows, so that the rules can say what is wrong; short enough to stay harmless.
TEXT_LENGTH_TAKEN = 2000
SIGNATURE_LENGTH_TAKEN = SIGNATURE_STORED_MAX


def region_or_international(value: str | None) -> Region:
    return Region.DOMESTIC if value == Region.DOMESTIC else Region.INTERNATIONAL


class ListFilter(forms.Form):
    """What the address of a list may ask for; what makes no sense is ignored."""

    region = forms.ChoiceField(choices=REGION_CHOICES, required=False)
    state = forms.ChoiceField(choices=RevisionStatus.choices, required=False)
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {
            "region": region_or_international(cleaned.get("region")),
            "state": cleaned.get("state") or "",
            "before": cleaned.get("before"),
        }

    def asked(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data


class ManyFilesField(forms.FileField):
    """Several files in one input; each is read and checked by its content."""

    class Widget(forms.FileInput):
        allow_multiple_selected = True

        def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile[Any]]:
            return files.getlist(name) if hasattr(files, "getlist") else []

    widget = Widget

    def clean(self, data: Any, initial: Any = None) -> list[Document]:
        uploads: list[UploadedFile[Any]] = data or []
        if len(uploads) > CERTIFICATES_MAX:
            raise ValidationError(_("At most %(max)d files."), params={"max": CERTIFICATES_MAX})
        documents, errors = [], []
        for upload in uploads:
            try:
                documents.append(read_document(upload, name=upload.name or ""))
            except TemplatesError as error:
                errors.append(ValidationError(str(error)))
        if errors:
            raise ValidationError(errors)
        return documents


class RevisionForm(forms.Form):
    """What all editors share: what the person had seen, and findings shown at their fields.

    `seen` is the `changed_at` of the newest revision when the editor was opened, empty for a new text. `is_stale`
    is set when somebody else has written since.
    """

    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    is_stale = False

    def __init__(
        self, *args: Any, entity: str = "enterprise", is_submitted: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.entity = entity
        self.is_submitted = is_submitted

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.has_error("seen"):
            # Hidden, so its own place shows no error.
            del self.errors["seen"]
            self.add_error(None, _("The page came back damaged. Open the editor again and copy your words."))
        return cleaned

    def add_hard_findings(self, findings: Iterable[Finding]) -> None:
        """A draft may break rules; what is handed to the reviewers may not."""
        if not self.is_submitted:
            return
        # The same mistake at two places is said once; the preview marks both.
        for field, message in dict.fromkeys((one.field, one.message) for one in findings if one.hard):
            self.add_error(field if field in self.fields else None, message)

    def written(self) -> dict[str, Any]:
        """What the services take, by name. Only after `is_valid()`."""
        raise NotImplementedError


class TextForm(RevisionForm):
    """An editor of a text that has a region, fixed once chosen."""

    region = forms.ChoiceField(
        label=_("Recipients"),
        choices=REGION_CHOICES,
        widget=forms.RadioSelect,
        help_text=_(
            "Domestic numbers are those of the home country; Hong Kong, Macao and Taiwan are international."
        ),
    )

    def __init__(self, *args: Any, fixed_region: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed_region:
            self.fields["region"].disabled = True
            self.initial["region"] = fixed_region


class SignatureForm(TextForm):
    text = forms.CharField(
        label=_("Signature name"),
        max_length=SIGNATURE_LENGTH_TAKEN,
        strip=False,
        help_text=_("The short name of your company, app or site. Leave out the brackets; they are added."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    type = forms.ChoiceField(label=_("Type"), choices=SignatureType.choices)
    use = forms.ChoiceField(
        label=_("Use"), choices=SignatureUse.choices, widget=forms.RadioSelect, initial=SignatureUse.OWN
    )
    remarks = forms.CharField(
        label=_("Remarks"),
        max_length=500,
        required=False,
        validators=[refuse_control_characters_in_lines],
        help_text=_(
            "For the reviewer: the link of the app, the domain of the site, or what the name stands for."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    certificates = ManyFilesField(
        label=_("Certificates"),
        required=False,
        help_text=_(
            "Up to 5 files, JPG, PNG or PDF, at most 5 MB each. Beside the form you see which are needed."
        ),
        widget=ManyFilesField.Widget(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
    )

    def __init__(self, *args: Any, n_certificates: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.n_certificates = n_certificates

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.add_hard_findings(
                check_signature(
                    SignatureDraft(
                        text=cleaned["text"].strip(),
                        type=cleaned["type"],
                        use=cleaned["use"],
                        region=Region(cleaned["region"]),
                        remarks=cleaned["remarks"],
                        n_certificates=self.n_certificates + len(cleaned["certificates"]),
                        entity=self.entity,
                    )
                )
            )
        return cleaned

    def written(self) -> dict[str, Any]:
        fields = {name: self.cleaned_data[name] for name in ("text", "type", "use", "remarks")}
        return {**fields, "documents": self.cleaned_data["certificates"]}


class BodyTemplateForm(TextForm):
    name = forms.CharField(
        label=_("Template name"),
        max_length=60,
        validators=[refuse_control_characters],
        help_text=_("Only for you: it names the text on the send page and in lists."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=_("Scenario type"),
        choices=TextKind.choices,
        widget=forms.RadioSelect,
        initial=TextKind.NOTIFICATION,
        help_text=_("Verification codes and notifications are the common messages."),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=TEXT_LENGTH_TAKEN,
        strip=False,
        help_text=_(
            "Variables are {1}, {2} … numbered from 1, or named like ${code}. The signature is added in front."
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    remarks = forms.CharField(
        label=_("Scenario description"),
        max_length=500,
        validators=[refuse_control_characters_in_lines],
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = gettext("For the reviewer, at least %(min)d characters: when and to whom is this sent?")
        self.fields["remarks"].help_text = words % {"min": scenario_min()}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            region = Region(cleaned["region"])
            draft = BodyDraft(
                cleaned["text"].strip(), cleaned["kind"], region, cleaned["remarks"], self.entity
            )
            self.add_hard_findings(check_body(draft))
        return cleaned

    def written(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "kind", "text", "remarks")}


class SenderIdForm(RevisionForm):
    """`country` is fixed once the sender ID exists."""

    text = forms.CharField(
        label=_("Sender ID"),
        max_length=SENDER_ID_STORED_MAX,
        strip=False,
        help_text=_("Up to 11 letters and digits with at least one letter, or up to 15 digits."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        help_text=_("Where it may be used. Some countries deliver registered sender IDs only."),
    )
    remarks = forms.CharField(
        label=_("Remarks"),
        max_length=500,
        required=False,
        validators=[refuse_control_characters_in_lines],
        help_text=_("For the reviewer: whose brand it is, and where it is registered."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, fixed_country: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(code, name) for code, name, _calling_code in countries()]
        self.fields["country"].choices = [("", _("Every country")), *named]  # type: ignore[attr-defined]
        if fixed_country is not None:
            self.fields["country"].disabled = True
            self.initial["country"] = fixed_country

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            draft = SenderIdDraft(cleaned["text"].strip(), cleaned["country"], cleaned["remarks"])
            self.add_hard_findings(check_sender_id(draft))
        return cleaned

    def written(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("text", "remarks")}


class RevokeForm(forms.Form):
    comment = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("The author reads this."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
