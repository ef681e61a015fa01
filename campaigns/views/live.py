"""What the moving parts say: the head of a campaign's page, its row in the list, and their buttons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Role
from campaigns.marketing import hours_of_dispatch
from campaigns.models import Campaign, Upload
from campaigns.queries import Action, CampaignProgress, CampaignRow, allowed_actions
from campaigns.services import cancel_until
from campaigns.statuses import EDITABLE_STATUSES, CampaignStatus
from campaigns.templatetags.campaign_words import duration
from campaigns.views.lookup import campaign_url
from campaigns.views.steps.when import schedule_words
from campaigns.words import hold_words
from projects.access import roles_in_project
from projects.templatetags.console import grouped, percent_of
from templates_app.rendering import signed_text

EVERY_SECONDS = 10
SETTLING_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Button:
    """A button that posts, or a link. One with a question asks before it posts, naming the effect."""

    label: str
    icon: str
    url: str
    look: str = ""
    question: str = ""
    effect: str = ""
    answer: str = ""
    is_danger: bool = False
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class LiveHead:
    """The head of a campaign's page."""

    progress: CampaignProgress
    state_words: str
    time_words: str
    sent_note: str
    delivered_note: str
    failed_note: str
    other_note: str
    urls: dict[str, str]
    actions: list[Button]
    is_settling: bool
    n_settling: int
    every_seconds: int
    stamp: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A campaign's row in the list."""

    campaign: Campaign
    progress: CampaignProgress
    url: str
    text_words: str
    state_note: str
    counts_words: str
    finish_words: str
    actions: list[Button]
    is_new: bool
    is_settling: bool
    has_bar: bool


def is_operator(request: HttpRequest, campaign: Campaign) -> bool:
    return Role.OPERATOR in roles_in_project(request.user, campaign.project)


def live_head(
    campaign: Campaign, progress: CampaignProgress, *, for_operator: bool, n_settling: int = 0
) -> LiveHead:
    """`n_settling` counts down the quick rounds after a click, until what it did is seen."""
    has_settled = progress.sending > 0 or not progress.is_moving
    is_waiting = n_settling > 0 and campaign.status == CampaignStatus.RUNNING and not has_settled
    is_settling = progress.is_settling or is_waiting
    numbers = campaign_url("campaign-numbers", campaign)
    return LiveHead(
        progress=progress,
        state_words=state_words(campaign, progress),
        time_words=time_words(campaign, progress),
        sent_note=_("of these %(n)s await a receipt") % {"n": grouped(progress.awaiting)}
        if progress.awaiting
        else _("taken by the carrier"),
        delivered_note=_("%(share)s of the sent ones")
        % {"share": percent_of(progress.delivered, progress.sent)}
        if progress.sent
        else "",
        failed_note=_("see the reasons") if progress.failed else "",
        other_note=_other_note(progress),
        urls={
            "sent": f"{numbers}?status=sent" if progress.awaiting else numbers,
            "delivered": f"{numbers}?status=delivered",
            "failed": campaign_url("campaign-failures", campaign) if progress.failed else "",
            # Before the start there are no rows to look at.
            "other": _other_url(numbers, progress) if campaign.dispatch_id is not None else "",
        },
        actions=buttons(campaign, progress) if for_operator else [],
        is_settling=is_settling,
        n_settling=max(0, n_settling - 1),
        every_seconds=SETTLING_SECONDS if is_settling else EVERY_SECONDS,
        stamp=f"{progress.stamp}{'s' if is_settling else ''}{'p' if pause_words(campaign) else ''}",
    )


def list_row(row: CampaignRow, *, for_operator: bool, is_new: bool = False) -> ListRow:
    campaign, progress = row.campaign, row.progress
    is_draft = campaign.status in EDITABLE_STATUSES
    return ListRow(
        campaign=campaign,
        progress=progress,
        url=campaign_url("campaign-send" if is_draft and for_operator else "campaign-detail", campaign),
        text_words=_text_words(campaign),
        state_note=_state_note(campaign, progress),
        counts_words=_draft_words(row.upload) if is_draft else _counts_words(progress),
        finish_words=_finish_words(campaign, progress),
        actions=[*buttons(campaign, progress), _copy_button(campaign)] if for_operator else [],
        is_new=is_new,
        is_settling=progress.is_settling,
        has_bar=campaign.dispatch_id is not None,
    )


# --- Words ----------------------------------------------------------------------------------------------


def state_words(campaign: Campaign, progress: CampaignProgress) -> str:
    """What stands beside the state: how far it is, or what it waits for."""
    done, total = grouped(progress.total - progress.to_go), grouped(progress.total)
    at = {"done": done, "total": total}
    match campaign.status:
        case CampaignStatus.RUNNING if paused := pause_words(campaign):
            return paused
        case CampaignStatus.RUNNING:
            return _("%(done)s of %(total)s handed to the carrier") % at
        case CampaignStatus.SUSPENDED if progress.sending:
            return _("Suspending… %(n)s in flight") % {"n": grouped(progress.sending)}
        case CampaignStatus.SUSPENDED if campaign.dispatch_id is None:
            return _("Suspended before its start")
        case CampaignStatus.SUSPENDED:
            return _("Suspended at %(done)s of %(total)s") % at
        case CampaignStatus.SCHEDULED:
            return _("Starts %(when)s") % {"when": schedule_words(campaign)}
        case CampaignStatus.HELD:
            return hold_words(campaign.hold_reason, campaign.hold_detail, campaign.project.zone)
        case CampaignStatus.FINISHED if progress.awaiting:
            words = ngettext(
                "All sent, %(n)s receipt still to come",
                "All sent, %(n)s receipts still to come",
                progress.awaiting,
            )
            return words % {"n": grouped(progress.awaiting)}
        case CampaignStatus.FINISHED if progress.uncertain:
            return _("All %(total)s handed over, %(n)s uncertain") % {**at, "n": grouped(progress.uncertain)}
        case CampaignStatus.FINISHED:
            return _("All %(total)s done") % at
        case CampaignStatus.CANCELLED if campaign.dispatch_id is not None:
            left = progress.total - progress.to_go - progress.cancelled
            return _("Cancelled at %(done)s of %(total)s") % {"done": grouped(left), "total": total}
        case CampaignStatus.CANCELLED:
            return _("Cancelled before its start; nothing was sent")
        case _:
            return ""


def pause_words(campaign: Campaign) -> str:
    """ "Paused until 08:00 (marketing leaves 08:00–22:00, Europe/Berlin)"; empty while messages may leave."""
    dispatch = campaign.dispatch
    hours = hours_of_dispatch(dispatch) if dispatch else None
    now = timezone.now()
    if hours is None or hours.is_open(now) or campaign.status != CampaignStatus.RUNNING:
        return ""
    opening = hours.next_opening(now).astimezone(campaign.project.zone)
    return _("Paused until %(time)s (marketing leaves %(from)s–%(until)s, %(zone)s)") % {
        "time": date_format(opening, "H:i"),
        "from": f"{hours.hours.opens:%H:%M}",
        "until": f"{hours.hours.closes:%H:%M}",
        "zone": hours.zone.key if hours.zone else "",
    }


def time_words(campaign: Campaign, progress: CampaignProgress) -> str:
    """The finishing time while it runs, how long it took afterwards, the last moment to cancel before."""
    zone = campaign.project.zone
    if progress.finishing_at and progress.seconds_left is not None:
        finish = date_format(progress.finishing_at.astimezone(zone), "H:i")
        return _("about %(time)s left, finished at %(finish)s") % {
            "time": duration(progress.seconds_left),
            "finish": finish,
        }
    until = cancel_until(campaign)
    if until is not None:
        if timezone.now() <= until:
            return _("Cancel possible until %(time)s") % {"time": date_format(until.astimezone(zone), "H:i")}
        return _("Too late to cancel; Suspend holds the start")
    took = _took(campaign)
    return (
        _("sent in %(time)s") % {"time": took} if took and campaign.status == CampaignStatus.FINISHED else ""
    )


def _took(campaign: Campaign) -> str:
    if campaign.started_at is None or campaign.finished_at is None:
        return ""
    return duration(max(1, (campaign.finished_at - campaign.started_at).total_seconds()))


def _finish_words(campaign: Campaign, progress: CampaignProgress) -> str:
    zone = campaign.project.zone
    if progress.finishing_at:
        return _("≈ %(time)s") % {"time": date_format(progress.finishing_at.astimezone(zone), "H:i")}
    if campaign.status == CampaignStatus.SCHEDULED and campaign.scheduled_at:
        return _("starts %(time)s") % {
            "time": date_format(campaign.scheduled_at.astimezone(zone), "DAY_AND_TIME")
        }
    return _("took %(time)s") % {"time": took} if (took := _took(campaign)) else ""


def _state_note(campaign: Campaign, progress: CampaignProgress) -> str:
    if campaign.status == CampaignStatus.SUSPENDED and progress.sending:
        return _("%(n)s in flight") % {"n": grouped(progress.sending)}
    if campaign.status == CampaignStatus.HELD:
        return hold_words(campaign.hold_reason, campaign.hold_detail, campaign.project.zone)
    if paused := pause_words(campaign):
        return paused
    until = cancel_until(campaign)
    if until is not None and timezone.now() <= until:
        shown = date_format(until.astimezone(campaign.project.zone), "H:i")
        return _("Cancel possible until %(time)s") % {"time": shown}
    return ""


def _counts_words(progress: CampaignProgress) -> str:
    """ "12 403 of 48 211 · 12 delivered": only what is not zero."""
    parts = [
        (progress.delivered, _("%(n)s delivered")),
        (progress.awaiting, _("%(n)s sent")),
        (progress.failed, _("%(n)s failed")),
        (progress.other_closed, _("%(n)s other")),
        (progress.to_go, _("%(n)s to go")),
    ]
    return " · ".join(words % {"n": grouped(n)} for n, words in parts if n)


def _draft_words(upload: Upload | None) -> str:
    if upload is None:
        return _("no numbers yet")
    return _("%(name)s · %(n)s numbers") % {"name": upload.original_name, "n": grouped(upload.n_sendable)}


def _text_words(campaign: Campaign) -> str:
    body, signature = campaign.body_template_revision, campaign.signature_revision
    words = [body.body_template.name] if body else []
    if signature:
        words.append(signed_text(signature.text, campaign.region, ""))
    return " · ".join(words)


def _other_note(progress: CampaignProgress) -> str:
    parts = [
        (progress.waiting, _("%(n)s waiting")),
        (progress.sending, _("%(n)s sending")),
        (progress.uncertain, _("%(n)s uncertain")),
        (progress.blocked, _("%(n)s blocked")),
        (progress.cancelled, _("%(n)s cancelled")),
    ]
    return ", ".join(words % {"n": grouped(n)} for n, words in parts if n)


def _other_url(numbers: str, progress: CampaignProgress) -> str:
    for word in ("waiting", "sending", "uncertain", "blocked", "cancelled"):
        if getattr(progress, word):
            return f"{numbers}?status={word}"
    return ""


# --- Buttons --------------------------------------------------------------------------------------------


def buttons(campaign: Campaign, progress: CampaignProgress) -> list[Button]:
    """What an operator may do now, the most likely first."""
    allowed = allowed_actions(campaign)
    found = []
    if Action.EDIT in allowed:
        url = campaign_url("campaign-send", campaign)
        found.append(Button(_("Open"), "pencil", url, is_link=True))
    if Action.SUSPEND in allowed:
        found.append(Button(_("Suspend"), "player-pause", campaign_url("campaign-suspend", campaign)))
    if Action.RESUME in allowed or Action.RELEASE in allowed:
        found.append(_continue_button(campaign, progress))
    if Action.RESCHEDULE in allowed:
        url = campaign_url("campaign-move", campaign)
        found.append(Button(_("Move"), "calendar-event", url, is_link=True))
    if Action.CANCEL in allowed:
        found.append(_cancel_button(campaign, progress))
    return found


def _continue_button(campaign: Campaign, progress: CampaignProgress) -> Button:
    url = campaign_url("campaign-resume", campaign)
    button: dict[str, Any] = {"label": _("Continue"), "icon": "player-play", "url": url, "look": "primary"}
    waits = campaign.scheduled_at is not None and campaign.scheduled_at > timezone.now() + timedelta(
        seconds=5
    )
    if campaign.dispatch_id is None and not waits:
        n = progress.total
        question = ngettext("Send %(n)s message now?", "Send %(n)s messages now?", n) % {"n": grouped(n)}
        effect = _("Its time has passed. The first messages leave seconds after you answer.")
        return Button(**button, question=question, effect=effect, answer=_("Send now"))
    if campaign.status == CampaignStatus.HELD:
        effect = _("%(n)s messages are still to go.") % {"n": grouped(progress.to_go)}
        return Button(**button, question=_("Let it go on?"), effect=effect, answer=_("Continue"))
    return Button(**button)


def _copy_button(campaign: Campaign) -> Button:
    return Button(_("Copy"), "copy", campaign_url("campaign-copy", campaign), look="quiet")


def _cancel_button(campaign: Campaign, progress: CampaignProgress) -> Button:
    gone = progress.total - progress.to_go
    effect = ngettext(
        "%(n)s message that has not left is cancelled for good.",
        "%(n)s messages that have not left are cancelled for good.",
        progress.to_go,
    ) % {"n": grouped(progress.to_go)}
    if gone:
        effect += " " + ngettext(
            "%(n)s that left cannot be called back.", "%(n)s that left cannot be called back.", gone
        ) % {"n": grouped(gone)}
    return Button(
        _("Cancel"),
        "player-stop",
        campaign_url("campaign-cancel", campaign),
        look="quiet",
        question=_("Cancel “%(name)s”?") % {"name": campaign.name},
        effect=effect,
        answer=_("Cancel the campaign"),
        is_danger=True,
    )


def list_url(campaign: Campaign) -> str:
    return reverse("campaign-list", args=[campaign.project.slug])
