"""Reasons for rejecting a verification that staff give again and again."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VERIFICATION_PRESETS: Final[list[tuple[str, str | Promise]]] = [
    ("name", _("The legal name is not the one in the documents. Type it exactly as it stands there.")),
    ("number", _("The registration number is not the one in the documents.")),
    ("unreadable", _("A document cannot be read. Upload a sharper scan or photo of the whole page.")),
    ("missing", _("A document is missing: the business licence, or the identity document of an individual.")),
    ("expired", _("A document is no longer valid. Upload the current one.")),
    ("kind", _("The kind is wrong: a company applied as an individual, or the other way round.")),
    ("contact", _("The contact person cannot be reached under the number given.")),
    ("altered", _("A document seems to be altered. Upload the unaltered original.")),
]
