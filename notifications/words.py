"""A notification in words, in the language and zone of the moment; only names and values are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.statuses import REGION_CHOICES
from campaigns.statuses import HoldReason
from notifications.kinds import KINDS
from notifications.models import Notification
from projects.models import Project
from projects.statuses import (
    SCOPE_ALL,
    SCOPE_DOMESTIC,
    SCOPE_INTERNATIONAL,
    CallbackKind,
    CallbackTrouble,
    CapPeriod,
    FrequencyDimension,
)
from smsconsole.lib.countries import country_name

# A text message is at most so long: two segments in either alphabet.
SMS_MAX_CHARACTERS = 130

_SCOPES: dict[str, str | Promise] = {
    SCOPE_ALL: gettext_lazy("all countries"),
    SCOPE_DOMESTIC: gettext_lazy("domestic"),
    SCOPE_INTERNATIONAL: gettext_lazy("international"),
}
_PERIODS: dict[str, str | Promise] = {
    CapPeriod.DAY: gettext_lazy("today"),
    CapPeriod.MONTH: gettext_lazy("this month"),
}
_RULES: dict[str, str | Promise] = {
    **{choice.value: choice.label for choice in FrequencyDimension},
    "blacklist": gettext_lazy("Blacklist"),
    "unsubscribed": gettext_lazy("Unsubscribed numbers"),
    "country": gettext_lazy("Allowed countries"),
}
# Values that are words of the code, by the name of the parameter.
_LABELS: dict[str, Mapping[str, str | Promise]] = {
    "rule": _RULES,
    "scope": _SCOPES,
    "period": _PERIODS,
    "reason": {choice.value: choice.label for choice in HoldReason},
    "region": dict(REGION_CHOICES),
    "callback_kind": {choice.value: choice.label for choice in CallbackKind},
    "callback_trouble": {choice.value: choice.label for choice in CallbackTrouble},
}


@dataclass(frozen=True, slots=True)
class Words:
    """`times` says how often it happened, empty for once. `look` is that of a notice."""

    title: str
    text: str
    times: str
    look: str


def words_of(notification: Notification) -> Words:
    kind = KINDS.get(notification.kind)
    if kind is None:
        return Words(notification.kind, "", "", "info")
    values = {name: _shown(name, value) for name, value in notification.params.items()}
    return Words(
        title=_filled(kind.title, values),
        text=_filled(kind.text, values),
        times=_times(notification),
        look=kind.look,
    )


def sms_text(notification: Notification) -> str:
    """One short text: the console's name, what happened, where, how often."""
    words = words_of(notification)
    where = notification.project.name if notification.project else ""
    title = f"{words.title} (x{notification.n_events})" if notification.n_events > 1 else words.title
    if where:
        text = _("SMS Console: %(title)s - project %(project)s") % {"title": title, "project": where}
    else:
        text = _("SMS Console: %(title)s") % {"title": title}
    return text if len(text) <= SMS_MAX_CHARACTERS else f"{text[: SMS_MAX_CHARACTERS - 3]}..."


def local_moment(moment: datetime, project: Project | None) -> str:
    zone = project.zone if project else timezone.get_default_timezone()
    return date_format(moment.astimezone(zone), "DATETIME_FORMAT")


def _times(notification: Notification) -> str:
    if notification.n_events < 2:
        return ""
    return ngettext(
        "It happened %(n)s time between %(first)s and %(last)s.",
        "It happened %(n)s times between %(first)s and %(last)s.",
        notification.n_events,
    ) % {
        "n": notification.n_events,
        "first": local_moment(notification.first_event_at, notification.project),
        "last": local_moment(notification.last_event_at, notification.project),
    }


def _filled(words: str | Promise, values: Mapping[str, str]) -> str:
    return str(words) % _Values(values)


class _Values(dict[str, str]):
    """A value that an older event does not carry reads as a dash, never as a broken page."""

    def __missing__(self, name: str) -> str:
        return "–"


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(name, each) for each in value)
    if value is None or value == "":
        return "–"
    labels = _LABELS.get(name)
    if labels is not None and value in labels:
        return str(labels[value])
    if name == "scope" and len(str(value)) == 2:
        return country_name(str(value), get_language() or "en")
    return str(value)
