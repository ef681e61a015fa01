"""The shape of what people enter about signatures, body templates and reviews."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.types import Region
from templates_app.documents import CERTIFICATES_MAX, Document, read_document
from templates_app.errors import TemplatesError
from templates_app.models import REGION_CHOICES
from templates_app.presets import Preset
from templates_app.rules import BodyDraft, Finding, SignatureDraft, check_body, check_signature
from templates_app.statuses import RevisionStatus, SignatureType, SignatureUse, TextKind

# Longer than any rule allows, so that the rules can say what is wrong; short enough to stay harmless.
TEXT_LENGTH_TAKEN = 2000
SIGNATURE_LENGTH_TAKEN = 30


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


class TextForm(forms.Form):
    """What both editors share: the region, fixed once chosen, and findings shown at their fields."""

    region = forms.ChoiceField(
        label=_("Recipients"),
        choices=REGION_CHOICES,
        widget=forms.RadioSelect,
        help_text=_(
            "Domestic numbers are those of the home country; Hong Kong, Macao and Taiwan are international."
        ),
    )

    def __init__(self, *args: Any, fixed_region: str = "", is_submitted: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_submitted = is_submitted
        if fixed_region:
            self.fields["region"].disabled = True
            self.initial["region"] = fixed_region

    def add_hard_findings(self, findings: Iterable[Finding]) -> None:
        """A draft may break rules; what is handed to the reviewers may not."""
        if not self.is_submitted:
            return
        # The same mistake at two places is said once; the preview marks both.
        for field, message in dict.fromkeys((one.field, one.message) for one in findings if one.hard):
            self.add_error(field, message)


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
        help_text=_(
            "For the reviewer: the link of the app, the domain of the site, or what the name stands for."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    certificates = ManyFilesField(
        label=_("Certificates"),
        required=False,
        help_text=_(
            "Up to 5 files, JPG, PNG or PDF, at most 5 MB each: business licence, letter of authorisation …"
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
                    )
                )
            )
        return cleaned


class BodyTemplateForm(TextForm):
    name = forms.CharField(
        label=_("Template name"),
        max_length=60,
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
        help_text=_("For the reviewer, at least 10 characters: when and to whom is this sent?"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            region = Region(cleaned["region"])
            draft = BodyDraft(cleaned["text"].strip(), cleaned["kind"], region, cleaned["remarks"])
            self.add_hard_findings(check_body(draft))
        return cleaned


class DecisionForm(forms.Form):
    """A reviewer's verdict. `seen_at` is when the text that was on the page had been submitted."""

    seen_at = forms.DateTimeField(widget=forms.HiddenInput)
    presets = forms.MultipleChoiceField(
        label=_("Reasons"), required=False, widget=forms.CheckboxSelectMultiple
    )
    comment = forms.CharField(
        label=_("Comment"),
        max_length=500,
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


class RevokeForm(forms.Form):
    comment = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("The author reads this."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
