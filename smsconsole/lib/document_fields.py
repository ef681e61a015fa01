"""A form field that takes several papers in one input and checks each by its content."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from smsconsole.lib.documents import Document, DocumentRefused, read_document


class ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile[Any]]:
        return files.getlist(name) if hasattr(files, "getlist") else []


class DocumentsField(forms.FileField):
    """Cleans to a list of `Document`; every file that is refused is named with its reason."""

    widget = ManyFilesInput

    def __init__(self, *, max_files: int, **options: Any) -> None:
        super().__init__(**options)
        self.max_files = max_files
        self.widget.attrs["accept"] = ".jpg,.jpeg,.png,.pdf"

    def clean(self, data: Any, initial: Any = None) -> list[Document]:
        uploads: list[UploadedFile[Any]] = data or []
        if len(uploads) > self.max_files:
            raise ValidationError(_("At most %(max)d files."), params={"max": self.max_files})
        documents: list[Document] = []
        errors: list[ValidationError] = []
        for upload in uploads:
            try:
                documents.append(read_document(upload, name=upload.name or ""))
            except DocumentRefused as error:
                errors.append(ValidationError(str(error)))
        if errors:
            raise ValidationError(errors)
        return documents
