"""Words and bars that only the campaign pages show. Rules do not live here."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def duration(seconds: float | None) -> str:
    """72 -> "1 min 12 s"; the two largest units, so that hours never come with seconds."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return _("%(n)s s") % {"n": whole}
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        words = _("%(n)s min") % {"n": minutes}
        return words + " " + _("%(n)s s") % {"n": rest} if rest and minutes < 10 else words
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        words = _("%(n)s h") % {"n": hours}
        return words + " " + _("%(n)s min") % {"n": minutes} if minutes else words
    days = round(hours / 24)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


@register.inclusion_tag("campaigns/_plain_bar.html")
def plain_bar(part: int, whole: int) -> dict[str, Any]:
    """One bar of a histogram. The figure stands beside it, so screen readers skip the bar."""
    return {"width": f"{100 * part / whole if whole else 0:.3f}"}
