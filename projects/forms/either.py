"""A list that is typed or chosen as a file: each field alone may stay empty, the form asks for one of them."""

from __future__ import annotations

from typing import Any

from django import forms


class EitherText(forms.CharField):
    """Not marked as optional on the page, for one of the two is needed."""

    def validate(self, value: Any) -> None:
        return None


class EitherFile(forms.FileField):
    def validate(self, value: Any) -> None:
        return None
