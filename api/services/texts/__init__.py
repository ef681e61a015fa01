"""Signatures and body templates as programs see and change them: one way for every interface.

A program knows a text by its number, the primary key, which holds within its project only. What it writes is submitted
at once. It sees what was ever submitted: of each text the approved version, else the one that waits, else the one
that was refused.
"""

from __future__ import annotations

from api.services.texts.changes import (
    add_body_template,
    add_signature,
    change_body_template,
    change_signature,
    remove_body_template,
    remove_signature,
)
from api.services.texts.drafts import NO_REMARKS, SHORT_REMARKS, kind_of_common
from api.services.texts.refusals import TextRefused, TextTrouble
from api.services.texts.told import TextTold, body_templates_told, signatures_told

__all__ = [
    "NO_REMARKS",
    "SHORT_REMARKS",
    "TextRefused",
    "TextTold",
    "TextTrouble",
    "add_body_template",
    "add_signature",
    "body_templates_told",
    "change_body_template",
    "change_signature",
    "kind_of_common",
    "remove_body_template",
    "remove_signature",
    "signatures_told",
]
