"""Reasons for refusing a text that reviewers give again and again."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Preset = tuple[str, str | Promise]

FOR_BODY_TEMPLATES: Final[list[Preset]] = [
    ("kind", _("The scenario type is wrong, for example an offer filed as a notification.")),
    ("unclear", _("The content is unclear: too little fixed text, or nobody can tell when it is sent.")),
    ("variable", _("A variable could carry more than it should, such as a link or half a sentence.")),
    ("unsubscribe", _("It does not say how to refuse more messages.")),
    ("link", _("The link does not open or does not match the content.")),
    ("relation", _("The recipients have no relation to us that justifies this message.")),
    ("banned", _("The subject is not allowed in SMS.")),
]

FOR_SIGNATURES: Final[list[Preset]] = [
    ("neutral", _("The signature does not say who is writing.")),
    ("mismatch", _("The certificate does not match the name or the type of the signature.")),
    ("authorisation", _("The letter of authorisation is missing or not filled in correctly.")),
    ("source", _("The app, website or account given in the remarks cannot be found.")),
    ("unreadable", _("A certificate cannot be read. Upload a sharper scan.")),
    ("content", _("The name itself is not allowed in SMS.")),
]
