"""What there is to say about a code."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class CodeGroup(TextChoices):
    """What a code is about; the index of the pages is grouped by it."""

    KEY = "key", _("The key")
    REQUEST = "request", _("The request")
    CONSOLE = "console", _("The console")
    ORDER = "order", _("What is to be sent")
    NUMBER = "number", _("A number")
    THING = "thing", _("Campaigns, texts and lists")


class ErrorCode(NamedTuple):
    """A stable code; `title` says what happened, `why` how that comes, `advice` what to do about it."""

    code: str
    status: int
    group: CodeGroup
    title: str | Promise
    why: str | Promise
    advice: str | Promise
