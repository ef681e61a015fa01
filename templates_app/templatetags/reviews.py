"""What the author's pages say about the review: when an answer is due, and why the last one was refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from templates_app import queries
from templates_app.models import AnyRevision, Review
from templates_app.reviewed import reviewed

register = template.Library()


@register.simple_tag
def answer_due(revision: AnyRevision) -> str:
    """ "Answer due today at 16:20.", by the clock of the project; empty for what does not wait."""
    due_at = reviewed(revision.noun).due_at(revision)
    if due_at is None:
        return ""
    words = moment_words(due_at, revision.owner.project.zone)
    if due_at < timezone.now():
        return _("The answer was due %(when)s; the reviewers have been told.") % {"when": words}
    return _("Answer due %(when)s.") % {"when": words}


@register.simple_tag
def refusal(revision: AnyRevision) -> Review | None:
    """The verdict that the author answers with this revision or the next."""
    return queries.refusal_of(revision)


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """ "today at 16:20", "tomorrow at 09:40", "on 24 Nov at 09:40"; to be put into a sentence."""
    local, today = moment.astimezone(zone), timezone.localdate(timezone=zone)
    time = date_format(local, "H:i")
    if local.date() == today:
        return _("today at %(time)s") % {"time": time}
    if local.date() == today + timedelta(days=1):
        return _("tomorrow at %(time)s") % {"time": time}
    if local.date() == today - timedelta(days=1):
        return _("yesterday at %(time)s") % {"time": time}
    return _("on %(date)s at %(time)s") % {"date": date_format(local, "SHORT_DAY"), "time": time}


@register.filter
def in_words(moment: datetime, zone: ZoneInfo) -> str:
    """`moment_words` for a page that has the zone."""
    return moment_words(moment, zone)
