"""The console's own template tags: small parts that every page shows the same way.

They are builtins (no `{% load %}` needed). What they draw lives in `templates/_*.html`; rules do not live here.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects import access, navigation
from projects.models import Project
from smsconsole.lib import countries
from smsconsole.lib.msisdn import mask_msisdn, mask_written

register = template.Library()

# Thin and non-breaking: groups of three stay on one line, and copying them gives digits a spreadsheet reads.
NARROW_SPACE = "\u202f"

# Seven digits or more, however they are spaced.
_WHOLE_NUMBER = re.compile(r"(?:\d[\s().\-]*){7}")

# word -> (label, icon, colour). The first eight are the message words; the others borrow their colours.
STATUS_LOOKS: dict[str, tuple[str | Promise, str, str]] = {
    "waiting": (gettext_lazy("Waiting"), "clock", "waiting"),
    "sending": (gettext_lazy("Sending"), "send", "sending"),
    "sent": (gettext_lazy("Sent"), "check", "sent"),
    "delivered": (gettext_lazy("Delivered"), "checks", "delivered"),
    "failed": (gettext_lazy("Failed"), "circle-x", "failed"),
    "uncertain": (gettext_lazy("Uncertain"), "help-circle", "uncertain"),
    "blocked": (gettext_lazy("Blocked"), "hand-stop", "blocked"),
    "cancelled": (gettext_lazy("Cancelled"), "ban", "cancelled"),
    # campaigns
    "draft": (gettext_lazy("Draft"), "pencil", "waiting"),
    "importing": (gettext_lazy("Importing"), "file-upload", "sending"),
    "ready": (gettext_lazy("Ready"), "circle-check", "sent"),
    "scheduled": (gettext_lazy("Scheduled"), "calendar-time", "sending"),
    "running": (gettext_lazy("Running"), "player-play", "sending"),
    "suspended": (gettext_lazy("Suspended"), "player-pause", "uncertain"),
    "held": (gettext_lazy("Held"), "hand-stop", "uncertain"),
    "finished": (gettext_lazy("Finished"), "flag", "delivered"),
    # reviewed texts
    "pending": (gettext_lazy("Pending approval"), "hourglass", "uncertain"),
    "approved": (gettext_lazy("Approved"), "circle-check", "delivered"),
    "refused": (gettext_lazy("Refused"), "circle-x", "failed"),
    "rejected": (gettext_lazy("Rejected"), "circle-x", "failed"),
    "retired": (gettext_lazy("Retired"), "archive", "cancelled"),
    "revoked": (gettext_lazy("Revoked"), "ban", "failed"),
    # projects, people, keys
    "active": (gettext_lazy("Active"), "circle-check", "delivered"),
    "disabled": (gettext_lazy("Disabled"), "power", "cancelled"),
    "invited": (gettext_lazy("Invited"), "mail", "uncertain"),
    # replies
    "received": (gettext_lazy("Received"), "mail", "sent"),
    "unsubscribed": (gettext_lazy("Unsubscribed"), "user-minus", "cancelled"),
    "expired": (gettext_lazy("Expired"), "hourglass", "cancelled"),
}


@register.simple_tag
def icon(name: str, extra_class: str = "") -> SafeString:
    """A decorative icon; the word beside it (or the button's aria-label) carries the meaning."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        extra_class,
        static("vendor/tabler-icons.svg"),
        name,
    )


@register.simple_tag
def status_badge(word: str, label: str | Promise | None = None) -> SafeString:
    """A state as icon, word and colour. `label` replaces the usual word."""
    usual, icon_name, colour = STATUS_LOOKS.get(str(word), (str(word), "circle-dot", "waiting"))
    return format_html(
        '<span class="status status-{}">{}{}</span>',
        colour,
        icon(icon_name),
        usual if label is None else label,
    )


@register.filter
def grouped(number: float | None) -> str:
    """48211 -> "48 211", with spaces that never break."""
    return "–" if number is None else f"{number:,}".replace(",", NARROW_SPACE)


@register.filter
def percent_of(part: int, whole: int) -> str:
    """12, 48 -> "25 %"; never rounded up to a false 100 %, never down to a false 0 %."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.1:
        return f"<{NARROW_SPACE}0.1{NARROW_SPACE}%"
    if 99.9 < share < 100:
        return f">{NARROW_SPACE}99.9{NARROW_SPACE}%"
    return f"{share:.1f}".removesuffix(".0") + f"{NARROW_SPACE}%"


@register.filter
def country_name(code: str) -> str:
    """ "CN" -> "China", in the viewer's language where the data has it."""
    return countries.country_name(code)


@register.filter
def zone_name(zone: str) -> str:
    """America/Argentina/Buenos_Aires -> "America / Argentina / Buenos Aires", which may break into lines."""
    return zone.replace("/", " / ").replace("_", " ")


@register.simple_tag
def masked_number(msisdn: str) -> SafeString:
    """A person's number as everybody may see it: +86 138 **** 8000."""
    return format_html('<span class="msisdn">{}</span>', mask_msisdn(msisdn))


@register.filter
def masked_cell(value: str) -> str:
    """What stood in a cell that should have held a number. A whole number is masked, as "tel. +86 138 0013 8000";
    what only looks damaged, as "8.6138E+12", is shown, for it is the explanation."""
    return mask_written(value) if _WHOLE_NUMBER.search(value) else value


@register.simple_tag(takes_context=True)
def local_time(context: Context, moment: dt.datetime | None, seconds: bool = False) -> SafeString | str:
    """A moment in the project's zone, the UTC value on hover; a dash when there is none."""
    if moment is None:
        return "–"
    local = moment.astimezone(_zone(context))
    shown = date_format(local, "MOMENT_WITH_SECONDS" if seconds else "DATETIME_FORMAT")
    return _time_element(moment, shown, f"{_as_utc(moment)} UTC", is_relative=False)


@register.simple_tag(takes_context=True)
def relative_time(context: Context, moment: dt.datetime | None) -> SafeString | str:
    """ "3 minutes ago", kept fresh by a script; local time and UTC on hover."""
    if moment is None:
        return "–"
    zone = _zone(context)
    hover = (
        f"{date_format(moment.astimezone(zone), 'MOMENT_WITH_SECONDS')} {zone.key} · {_as_utc(moment)} UTC"
    )
    return _time_element(moment, relative_words(moment), hover, is_relative=True)


@register.filter
def relative_words(moment: dt.datetime) -> str:
    """The largest unit only: "now", "3 minutes ago", "in 2 hours"."""
    now = timezone.now()
    if abs((now - moment).total_seconds()) < 60:
        return _("now")
    if moment > now:
        return _("in %(span)s") % {"span": timeuntil(moment, now, depth=1)}
    return _("%(span)s ago") % {"span": timesince(moment, now, depth=1)}


def _zone(context: Context) -> zoneinfo.ZoneInfo:
    project = context.get("project")
    return project.zone if isinstance(project, Project) else zoneinfo.ZoneInfo("UTC")


def _as_utc(moment: dt.datetime) -> str:
    return date_format(moment.astimezone(dt.UTC), "Y-m-d H:i:s")


def _time_element(moment: dt.datetime, shown: str, hover: str, *, is_relative: bool) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        moment.astimezone(dt.UTC).isoformat(),
        hover,
        SafeString(" data-relative") if is_relative else "",
        shown,
    )


@register.inclusion_tag("_stacked_bar.html")
def stacked_bar(total: int, *, tall: bool = False, **parts: int) -> dict[str, Any]:
    """A bar of coloured shares; what the parts leave of the total is still to do.

    `{% stacked_bar n delivered=a sent=b failed=c other=d %}`: a keyword is a class `bar-…` of `console.css`.
    Drawn as SVG, because a width in a style attribute is forbidden by the CSP.
    """
    shares: list[dict[str, Any]] = []
    start = 0.0
    for colour, n in parts.items():
        width = 100 * n / total if total else 0.0
        shares.append({"colour": colour, "start": f"{start:.3f}", "width": f"{width:.3f}"})
        start += width
    words = ", ".join(
        f"{STATUS_LOOKS[name][0] if name in STATUS_LOOKS else name} {n}" for name, n in parts.items()
    )
    return {
        "shares": shares,
        "tall": tall,
        "words": _("%(words)s of %(total)s") % {"words": words, "total": total},
    }


@register.inclusion_tag("_field.html")
def field(bound: BoundField, *, hint: str = "", hide_label: bool = False, **attrs: str) -> dict[str, Any]:
    """A form field with label, help and errors tied to it for screen readers.

    Extra attributes go to the input, underscores as hyphens: `{% field form.text hx_get=url rows="4" %}`.
    """
    # Django ties a field's help to its input by aria-describedby, so a page's own hint takes its place.
    bound.help_text = hint or bound.help_text
    widget = bound.field.widget
    is_group = isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple))
    is_checkbox = isinstance(widget, forms.CheckboxInput)
    if is_group:
        # Each choice draws its own input from the widget; the form's copy of it is this page's alone.
        widget.attrs["class"] = "form-check-input"
    if is_checkbox:
        css = "form-check-input"
    elif isinstance(widget, forms.Select):
        css = "form-select"
    else:
        css = "form-control"
    widget_attrs: dict[str, str | bool] = {"class": f"{css} {widget.attrs.get('class', '')}".strip()}
    widget_attrs |= {name.replace("_", "-"): value for name, value in attrs.items()}
    return {
        "field": bound,
        "input": None if is_group else bound.as_widget(attrs=widget_attrs),
        "is_group": is_group,
        "is_checkbox": is_checkbox,
        "hide_label": hide_label,
        "errors": _field_errors(bound),
    }


def _field_errors(bound: BoundField) -> list[str]:
    """What is wrong; Django's "This field is required." names what is missing instead."""
    default = forms.Field.default_error_messages["required"]
    missing = _("“%(label)s” is missing.") % {"label": bound.label}
    return [missing if message == str(default) else str(message) for message in bound.errors]


@register.inclusion_tag("_empty.html")
def empty_state(
    icon_name: str, title: str, text: str, url: str = "", action: str = "", action_icon: str = "plus"
) -> dict[str, str]:
    """What belongs here, why it is empty, and the one button that fills it."""
    return {
        "icon_name": icon_name,
        "title": title,
        "text": text,
        "url": url,
        "action": action,
        "action_icon": action_icon,
    }


@register.inclusion_tag("_stat.html")
def stat(
    label: str, value: object, *, note: str = "", url: str = "", look: str = "", icon_name: str = ""
) -> dict[str, Any]:
    """One big number with its name; a link to the rows behind it when `url` is given. A zero has no colour."""
    look = "" if str(value) == "0" else look
    return {"label": label, "value": value, "note": note, "url": url, "look": look, "icon_name": icon_name}


@register.inclusion_tag("_copyable.html")
def copyable(text: str, label: str = "") -> dict[str, str]:
    """A value in fixed width with a button that copies it."""
    return {"text": text, "label": label}


@register.inclusion_tag("_pagination.html", takes_context=True)
def pagination(
    context: Context, *, previous: str = "", following: str = "", words: str = ""
) -> dict[str, Any]:
    """Links for keyset paging; `previous` and `following` are query strings or addresses, empty at an end."""
    return {"previous": previous, "following": following, "words": words}


@register.simple_tag(takes_context=True)
def has_role(context: Context, role: str) -> bool:
    """Whether the viewer holds this role in the page's project; for showing, not for allowing."""
    project = context.get("project")
    request = context.get("request")
    if not isinstance(project, Project) or request is None:
        return False
    return Role(role) in access.roles_in_project(request.user, project)


@register.inclusion_tag("_side.html", takes_context=True)
def side_navigation(context: Context) -> Mapping[str, Any]:
    """The pages of the current project that the viewer's roles open, with counts where something waits."""
    request, project = context["request"], context["project"]
    return {
        "project": project,
        "sections": navigation.sections_for(
            project=project,
            roles=access.roles_in_project(request.user, project),
            path=request.path,
            page=request.resolver_match.url_name if request.resolver_match else "",
        ),
    }
