"""The table of numbers: filter, search, pages, and seeing whole numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in_person
from campaigns import services
from campaigns.models import Campaign
from campaigns.queries import CampaignProgress
from campaigns.statuses import CampaignStatus
from campaigns.views.detail import frame
from campaigns.views.lookup import back_to, campaign_for, campaign_url
from delivery.queries import MessagePage, MessageRow, StatusWord, messages_page
from delivery.reasons import ADVICE, blocked_words
from projects.access import may_reveal_numbers
from projects.templatetags.console import grouped
from smsconsole.lib.msisdn import mask_msisdn

REVEALED_SECONDS = 600
# Pages back that the address remembers: keyset paging only knows the way forward.
TRAIL_LENGTH = 30
SHORTEST_SEARCH = 4


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A message in the table; `number` is masked unless the viewer asked for the whole one."""

    message_id: int
    row_number: int
    number: str
    word: StatusWord
    n_segments: int
    submitted_at: datetime | None
    final_at: datetime | None
    reason: str
    code: str
    advice: str
    may_be_double: bool


@dataclass(frozen=True, slots=True)
class Chip:
    word: str
    label: str | Promise
    url: str
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a status word, a number or its end, and where the page begins."""

    word: StatusWord | None
    search: str
    search_error: str
    after: int | None
    trail: list[int]

    @property
    def kept(self) -> dict[str, str]:
        found = {"status": str(self.word or ""), "q": self.search}
        return {name: value for name, value in found.items() if value}


def read_asked(request: HttpRequest) -> Asked:
    """Words and cursors nobody can have are left out; a search that is too short says so."""
    word = request.GET.get("status", "")
    written = request.GET.get("q", "").strip()
    search = ("+" if written.startswith("+") else "") + re.sub(r"\D", "", written)
    error = ""
    if written and len(search.lstrip("+")) < SHORTEST_SEARCH:
        error = _("Type the whole number, or at least its last 4 digits.")
    trail = [int(step) for step in request.GET.get("trail", "").split("-") if re.fullmatch(r"\d{1,18}", step)]
    after = request.GET.get("after", "")
    return Asked(
        word=StatusWord(word) if word in StatusWord.values else None,
        search=search if not error else "",
        search_error=error,
        after=int(after) if re.fullmatch(r"\d{1,18}", after) else None,
        trail=trail[-TRAIL_LENGTH:],
    )


@require_safe
def campaign_numbers(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """A page of the numbers with their status; any filter or search costs about the same."""
    campaign = campaign_for(request, slug, uuid)
    asked = read_asked(request)
    page = MessagePage([], None)
    if campaign.dispatch_id is not None and not asked.search_error:
        page = messages_page(campaign.dispatch_id, word=asked.word, search=asked.search, after_id=asked.after)
    context = frame(request, campaign, "campaign-numbers")
    revealed = is_revealed(request, campaign)
    progress: CampaignProgress = context["live"].progress
    context |= {
        "rows": [_number_row(row, zone=campaign.project.zone, whole=revealed) for row in page.rows],
        "chips": _chips(campaign, progress, asked),
        "status": str(asked.word or ""),
        "q": request.GET.get("q", "").strip(),
        "search_error": asked.search_error,
        "is_revealed": revealed,
        "may_reveal": may_reveal_numbers(request.user, campaign.project),
        "export_url": f"{campaign_url('campaign-export', campaign)}?{urlencode(asked.kept)}",
        "export_words": _("Export what is filtered") if asked.kept else _("Export all numbers"),
        **_paging(asked, page),
        **_empty_words(campaign, asked),
    }
    return render(request, "campaigns/numbers.html", context)


@require_POST
def campaign_reveal(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show whole numbers of this campaign to this person for ten minutes; it is written down."""
    campaign = campaign_for(request, slug, uuid)
    if not may_reveal_numbers(request.user, campaign.project):
        raise PermissionDenied(_("An admin of your organization can let you see whole numbers."))
    services.note_reveal(campaign=campaign, by=signed_in_person(request))
    request.session[_revealed_key(campaign)] = timezone.now().timestamp() + REVEALED_SECONDS
    return back_to(request, campaign_url("campaign-numbers", campaign))


def is_revealed(request: HttpRequest, campaign: Campaign) -> bool:
    """Whether this person asked in the last ten minutes, and still may."""
    until = request.session.get(_revealed_key(campaign), 0)
    return until > timezone.now().timestamp() and may_reveal_numbers(request.user, campaign.project)


def _revealed_key(campaign: Campaign) -> str:
    return f"revealed-{campaign.uuid}"


def _number_row(message: MessageRow, *, zone: ZoneInfo, whole: bool) -> NumberRow:
    is_blocked = message.word == StatusWord.BLOCKED
    return NumberRow(
        message_id=message.id,
        row_number=message.owner_row,
        number=message.msisdn if whole else mask_msisdn(message.msisdn),
        word=message.word,
        n_segments=message.n_segments,
        submitted_at=message.submitted_at,
        final_at=message.final_at,
        # The code of a blocked one is the console's own word for the rule; people read it as a sentence.
        reason=blocked_words(message.reason, message.code, zone) if is_blocked else str(message.reason.label),
        code="" if is_blocked else message.code,
        advice=str(ADVICE.get(message.reason, "")),
        may_be_double=message.may_be_double,
    )


def _chips(campaign: Campaign, progress: CampaignProgress, asked: Asked) -> list[Chip]:
    """All, and each status word that has numbers or is looked at."""
    url = campaign_url("campaign-numbers", campaign)
    counts = {
        StatusWord.WAITING: progress.waiting,
        StatusWord.SENDING: progress.sending,
        StatusWord.SENT: progress.awaiting,
        StatusWord.DELIVERED: progress.delivered,
        StatusWord.FAILED: progress.failed,
        StatusWord.UNCERTAIN: progress.uncertain,
        StatusWord.BLOCKED: progress.blocked,
        StatusWord.CANCELLED: progress.cancelled,
    }
    chips = [Chip("", _("All"), url, progress.total, asked.word is None)]
    chips += [
        Chip(word, word.label, f"{url}?{urlencode({'status': word})}", n, asked.word == word)
        for word, n in counts.items()
        if (n and campaign.dispatch_id is not None) or asked.word == word
    ]
    return chips


def _paging(asked: Asked, page: MessagePage) -> dict[str, str]:
    links = {"previous": "", "following": "", "page_words": ""}
    if asked.after is not None:
        *trail, back = asked.trail or [0]
        more = {"after": back, "trail": "-".join(map(str, trail))} if back else {}
        links["previous"] = f"?{urlencode({**asked.kept, **more})}"
    if page.next_after is not None:
        trail = (
            [*asked.trail, asked.after or 0] if asked.after is not None or not asked.trail else asked.trail
        )
        more = {"after": page.next_after, "trail": "-".join(map(str, trail[-TRAIL_LENGTH:]))}
        links["following"] = f"?{urlencode({**asked.kept, **more})}"
    if page.rows:
        first, last = page.rows[0].owner_row, page.rows[-1].owner_row
        links["page_words"] = _("rows %(first)s to %(last)s of the file") % {
            "first": grouped(first),
            "last": grouped(last),
        }
    if page.is_partial:
        links["page_words"] = _("Looked through a part of the numbers; Next goes on looking.")
    return links


def _empty_words(campaign: Campaign, asked: Asked) -> dict[str, Any]:
    url = campaign_url("campaign-numbers", campaign)
    words = {"empty_url": "", "empty_action": ""}
    if asked.kept or asked.search_error:
        title, text = _("No number matches"), _("Nothing has this status and number.")
        words = {"empty_url": url, "empty_action": _("Show all numbers")}
    elif campaign.status == CampaignStatus.CANCELLED and campaign.dispatch_id is None:
        title = _("Nothing was sent")
        text = _(
            "The campaign was cancelled before its start. Copy it to send to the same numbers after all."
        )
    elif campaign.dispatch_id is None:
        title = _("Nothing was handed over yet")
        text = _("The numbers show here with their status once the campaign has started.")
    else:
        title, text = _("Being handed over"), _("The first numbers show here in a moment.")
    return {**words, "empty_title": title, "empty_text": text}
