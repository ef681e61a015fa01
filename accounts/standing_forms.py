"""Forms about verification and activation: what organizations hand in, what platform staff decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import VerificationDocument
from accounts.presets import VERIFICATION_PRESETS
from accounts.services.activation import PURPOSE_MIN_CHARACTERS
from accounts.services.papers import PAPERS_MAX, Paper
from accounts.services.verification import Identity
from accounts.statuses import EntityKind
from smsconsole.lib.document_fields import DocumentsField
from smsconsole.lib.documents import Document, DocumentRefused, render_pdf_pages
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from smsconsole.lib.number_reasons import NUMBER_REASONS
from smsconsole.lib.plain_text import refuse_control_characters, refuse_control_characters_in_lines

KIND_WORDS = [
    (EntityKind.ENTERPRISE.value, _("Enterprise – a company, public institution or other organization")),
    (EntityKind.INDIVIDUAL.value, _("Individual – a person acting for themselves")),
]


def with_value(data: QueryDict, name: str, value: str) -> QueryDict:
    """What was sent, with one value replaced: after a refusal the form shows what holds now."""
    changed = data.copy()
    changed[name] = value
    return changed


def _line(label: Any, max_length: int, missing: Any, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=max_length,
        validators=[refuse_control_characters],
        error_messages={"required": missing},
        **options,
    )


class VerificationForm(forms.Form):
    """`seen` is the newest request as the page knew it, so that two admins do not hand in two at once."""

    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=KIND_WORDS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you are.")},
    )
    legal_name = _line(
        _("Legal name"),
        160,
        _("Type the name as it stands in the documents."),
        help_text=_("Exactly as it stands in the documents: the company's full name, or your own."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    registration_number = _line(
        _("Registration number"),
        60,
        _("Type the number that is on the documents."),
        help_text=_(
            "The company's registration or social credit code; of an individual, the number of the identity "
            "document. It is stored encrypted."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=400,
        validators=[refuse_control_characters_in_lines],
        error_messages={"required": _("Type the registered address.")},
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    contact_name = _line(
        _("Contact person"),
        80,
        _("Type who can be asked about this request."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact_msisdn = forms.CharField(
        label=_("Contact's number"),
        max_length=40,
        error_messages={"required": _("Type a number where the contact person can be reached.")},
        help_text=_("With + and the country code, for example +49 30 1234567."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    kept = forms.MultipleChoiceField(
        label=_("Documents of the last request to show again"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    papers = DocumentsField(
        max_files=PAPERS_MAX,
        label=_("Documents"),
        required=False,
        help_text=_(
            "Up to 5 files, JPG, PNG or PDF, 5 MB each: the business licence or registration certificate, or "
            "both sides of an individual's identity document."
        ),
    )

    field_order = [
        "seen",
        "kind",
        "legal_name",
        "registration_number",
        "address",
        "contact_name",
        "contact_msisdn",
        "kept",
        "papers",
    ]

    def __init__(self, *args: Any, documents: Sequence[VerificationDocument] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.documents = {str(document.uuid): document for document in documents}
        if documents:
            kept = self.fields["kept"]
            assert isinstance(kept, forms.MultipleChoiceField)  # nosec B101 # noqa: S101  # for the type checker
            kept.choices = [(uuid, document.original_name) for uuid, document in self.documents.items()]
        else:
            del self.fields["kept"]
            self.fields["papers"].required = True

    def clean_kind(self) -> EntityKind:
        return EntityKind(self.cleaned_data["kind"])

    def clean_contact_msisdn(self) -> str:
        try:
            return read_msisdn(
                self.cleaned_data["contact_msisdn"], default_country=settings.HOME_COUNTRY
            ).e164
        except MsisdnError as error:
            words = NUMBER_REASONS[error.reason]
            raise ValidationError(
                _("%(problem)s. %(advice)s"), params={"problem": words.label, "advice": words.advice}
            ) from error

    def clean_papers(self) -> list[Paper]:
        papers: list[Paper] = []
        errors: list[ValidationError] = []
        documents: list[Document] = self.cleaned_data["papers"]
        for document in documents:
            try:
                papers.append(Paper(document, tuple(_pages(document))))
            except DocumentRefused as error:
                errors.append(ValidationError(str(error)))
        if errors:
            raise ValidationError(errors)
        return papers

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        n_documents = len(cleaned.get("papers") or []) + len(cleaned.get("kept") or [])
        if "papers" not in self.errors and "kept" not in self.errors:
            if not n_documents:
                self.add_error("papers", _("Attach at least one document that proves these data."))
            elif n_documents > PAPERS_MAX:
                self.add_error(
                    "papers",
                    ValidationError(
                        _("At most %(max)d documents, those shown again included."),
                        params={"max": PAPERS_MAX},
                    ),
                )
        return cleaned

    def identity(self) -> Identity:
        cleaned = self.cleaned_data
        return Identity(
            kind=cleaned["kind"],
            legal_name=cleaned["legal_name"],
            registration_number=cleaned["registration_number"],
            address=cleaned["address"].replace("\r\n", "\n"),
            contact_name=cleaned["contact_name"],
            contact_msisdn=cleaned["contact_msisdn"],
        )

    def kept_documents(self) -> list[VerificationDocument]:
        return [self.documents[uuid] for uuid in self.cleaned_data.get("kept") or []]


def _pages(document: Document) -> list[bytes]:
    if document.extension != "pdf":
        return []
    return render_pdf_pages(document.content, name=document.name)


class ActivationForm(forms.Form):
    purpose = forms.CharField(
        label=_("What will be sent, and to whom"),
        min_length=PURPOSE_MIN_CHARACTERS,
        max_length=500,
        validators=[refuse_control_characters_in_lines],
        help_text=_("For example: sign-in codes for customers of our web shop, about 2 000 a day."),
        error_messages={
            "required": _("Say what you will send and to whom."),
            "min_length": _("Say in at least %(limit_value)d characters what you will send and to whom."),
        },
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class RejectForm(forms.Form):
    """Preset reasons, words of one's own, or both."""

    reasons = forms.MultipleChoiceField(
        label=_("Reasons"),
        choices=VERIFICATION_PRESETS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    comment = forms.CharField(
        label=_("Comment"),
        max_length=1000,
        required=False,
        validators=[refuse_control_characters_in_lines],
        help_text=_("The organization reads it: say what to correct."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("reasons") and not cleaned.get("comment", "").strip():
            self.add_error("reasons", _("Choose a reason or write one, so that they know what to correct."))
        return cleaned


class ReasonForm(forms.Form):
    """Why something is refused, taken back or locked; `seen` is the moment of the last change the page knew."""

    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    comment = forms.CharField(
        label=_("Why"),
        max_length=500,
        validators=[refuse_control_characters_in_lines],
        error_messages={"required": _("Say why: the organization reads it.")},
        help_text=_("The organization reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PageQuery(forms.Form):
    """Where a keyset-paged list goes on; what makes no sense is ignored."""

    after = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def asked(self) -> int | None:
        return self.cleaned_data["after"] if self.is_valid() else None
