"""Refusing what was typed into a form that is older than what it changes."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from projects.errors import SettingChanged
from projects.models import (
    AbuseWatch,
    AlarmContact,
    ApiKey,
    AppKey,
    Cap,
    FrequencyRule,
    Project,
    SecretKey,
)

Changeable = Project | FrequencyRule | Cap | AlarmContact | AbuseWatch | ApiKey | SecretKey | AppKey


def refuse_stale(row: Changeable | None, *, seen_at: datetime | None) -> None:
    """Raises `SettingChanged` unless the row is as it was when the form was opened; no row matches no `seen_at`."""
    if row is None:
        if seen_at is not None:
            raise SettingChanged(
                _(
                    "Meanwhile somebody went back to the default. Look at what holds now, then save again "
                    "if your change is still right."
                )
            )
        return
    if row.changed_at == seen_at:
        return
    raise SettingChanged(changed_words(row.changed_by, row.changed_at))


def changed_words(by: User | None, at: datetime) -> str:
    """Who was faster, and what to do about it."""
    when = date_format(at, "MOMENT_WITH_SECONDS")
    if by is None:
        return _(
            "This was changed at %(when)s UTC, after you opened the page. Look at what holds now, then save "
            "again if your change is still right."
        ) % {"when": when}
    return _(
        "%(who)s changed this at %(when)s UTC, after you opened the page. Look at what holds now, then save "
        "again if your change is still right."
    ) % {"who": by, "when": when}
