"""Limits in words, the same on every page."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from projects.limits import DEFAULT, ORGANIZATION, CapLimit, FrequencyLimit
from projects.statuses import (
    SCOPE_ALL,
    SCOPE_DOMESTIC,
    SCOPE_INTERNATIONAL,
    CapPeriod,
    FrequencyDimension,
)
from smsconsole.lib.countries import country_name

TITLES: dict[FrequencyDimension, str | Promise] = {
    FrequencyDimension.SAME_CONTENT: gettext_lazy("Same text to one number"),
    FrequencyDimension.PER_HOUR: gettext_lazy("To one number, per hour"),
    FrequencyDimension.PER_DAY: gettext_lazy("To one number, per day"),
    FrequencyDimension.SAME_CONTENT_PER_DAY: gettext_lazy("Same text to one number, per day"),
}
EXPLANATIONS: dict[FrequencyDimension, str | Promise] = {
    FrequencyDimension.SAME_CONTENT: gettext_lazy(
        "Stops a message that was sent twice by mistake. The finished text counts, values filled in."
    ),
    FrequencyDimension.PER_HOUR: gettext_lazy("Any texts of this project, in the last 60 minutes."),
    FrequencyDimension.PER_DAY: gettext_lazy(
        "Any texts of this project, per calendar day of the project's time zone."
    ),
    FrequencyDimension.SAME_CONTENT_PER_DAY: gettext_lazy(
        "The finished text, per calendar day of the project's time zone."
    ),
}
SOURCES: dict[str, str | Promise] = {
    DEFAULT: gettext_lazy("Console's default"),
    ORGANIZATION: gettext_lazy("Organization"),
}
OWN_SOURCE = gettext_lazy("This project")


def frequency_words(limit: FrequencyLimit) -> str:
    """ "1 message in 30 seconds", "10 messages a day", "Off"."""
    n = limit.n_messages
    if not limit.is_on:
        return _("Off")
    if limit.dimension == FrequencyDimension.SAME_CONTENT:
        return ngettext("%(n)s message in %(span)s", "%(n)s messages in %(span)s", n) % {
            "n": f"{n:,}",
            "span": ngettext("%(n)s second", "%(n)s seconds", limit.n_seconds or 0)
            % {"n": f"{limit.n_seconds or 0:,}"},
        }
    if limit.dimension == FrequencyDimension.PER_HOUR:
        return ngettext("%(n)s message an hour", "%(n)s messages an hour", n) % {"n": f"{n:,}"}
    return ngettext("%(n)s message a day", "%(n)s messages a day", n) % {"n": f"{n:,}"}


def scope_words(scope: str, language: str = "en") -> str:
    """ "All messages", "Domestic", "International" or the name of the country."""
    named = {
        SCOPE_ALL: _("All messages"),
        SCOPE_DOMESTIC: _("Domestic"),
        SCOPE_INTERNATIONAL: _("International"),
    }
    return named.get(scope) or country_name(scope, language)


def period_words(period: str) -> str:
    return _("per day") if period == CapPeriod.DAY else _("per month")


def cap_words(limit: CapLimit | None) -> str:
    """ "Warning at 800, cap at 1,000", "No warning and no cap"."""
    warn_at, cap = (limit.warn_at, limit.cap) if limit else (None, None)
    if warn_at is None and cap is None:
        return _("No warning and no cap")
    if cap is None:
        return _("Warning at %(warning)s, no cap") % {"warning": f"{warn_at:,}"}
    if warn_at is None:
        return _("Cap at %(cap)s, no warning") % {"cap": f"{cap:,}"}
    return _("Warning at %(warning)s, cap at %(cap)s") % {"warning": f"{warn_at:,}", "cap": f"{cap:,}"}
