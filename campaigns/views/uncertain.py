"""Uncertain messages of a project: what is known of each, and what a person decides about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns import services
from campaigns.models import Campaign
from campaigns.queries.owners import NOBODY, PROGRAM, Owner, owners_of
from campaigns.views.stories import owner_words
from delivery.gateways.base import QueryOutcome
from delivery.queries.messages import MAX_ID, StatusWord, word_of
from delivery.queries.uncertain import (
    MOST_COUNTED,
    PAGE_ROWS,
    CandidateReceipt,
    UncertainGroup,
    UncertainPage,
    UncertainRow,
    uncertain_groups,
    uncertain_page,
)
from delivery.services import UncertainChoice
from projects.access import project_for
from projects.errors import ProjectsError
from projects.models import Project
from projects.statuses import UncertainPolicy
from projects.templatetags.console import grouped
from smsconsole.lib.msisdn import mask_msisdn

# So many campaigns are offered as filters, the newest first.
MOST_CHIPS = 12
TRAIL_LENGTH = 30


@dataclass(frozen=True, slots=True)
class Group:
    """The uncertain messages of one campaign, test or alarm."""

    dispatch_id: int
    title: str
    n: int
    oldest_at: datetime | None
    campaign: Campaign | None
    is_current: bool

    @property
    def n_words(self) -> str:
        return _("%(n)s or more") % {"n": grouped(self.n)} if self.n >= MOST_COUNTED else grouped(self.n)


@dataclass(frozen=True, slots=True)
class Heard:
    """A receipt that may be the message's."""

    word: StatusWord
    receipt: CandidateReceipt


@dataclass(frozen=True, slots=True)
class ShownUncertain:
    row: UncertainRow
    number: str
    title: str
    answer: str
    receipts: list[Heard]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. `question` and `effect` are asked before it does anything."""

    value: str
    label: str
    icon: str
    question: str
    effect: str
    is_danger: bool = False


@require_safe
def uncertain_list(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of them, of all campaigns or of one; with the policy that settles what nobody does."""
    project = project_for(request.user, slug)
    wanted, after = _number(request, "of"), _number(request, "after")
    groups = _groups(project, wanted)
    current = next((group for group in groups if group.is_current), None)
    asked = [current] if current else groups
    page = UncertainPage([], None)
    if asked:
        ids = [group.dispatch_id for group in asked]
        page = uncertain_page(project.pk, dispatch_ids=ids, after_id=after)
    titles = {group.dispatch_id: group.title for group in groups}
    context = {
        "project": project,
        "groups": groups[:MOST_CHIPS],
        "n_more_groups": max(0, len(groups) - MOST_CHIPS),
        "current": current,
        "n_all": sum(group.n for group in groups),
        "rows": [_shown(row, titles) for row in page.rows],
        "choices": choices_for_chosen(),
        "choices_for_all": choices_for_all(current) if current else [],
        "policy": policy_words(project),
        "page_rows": PAGE_ROWS,
        **_paging(request, page, after, current),
    }
    return render(request, "campaigns/uncertain.html", context)


@require_POST
def uncertain_settle(request: HttpRequest, slug: str) -> HttpResponse:
    """Treat the chosen ones, or all of one campaign, as sent or as failed, or send them once more."""
    project = project_for(request.user, slug, Role.OPERATOR)
    there = reverse("uncertain-list", args=[slug])
    of = request.POST.get("of", "")
    dispatch_id = int(of) if re.fullmatch(r"[0-9]{1,18}", of) else None
    chosen = [int(one) for one in request.POST.getlist("message") if re.fullmatch(r"[0-9]{1,18}", one)]
    if dispatch_id is not None and "all" not in request.POST:
        there = f"{there}?{urlencode({'of': dispatch_id})}"
    if request.POST.get("choice") not in list(UncertainChoice):
        messages.error(request, _("Choose what to do with the uncertain messages."))
        return redirect(there)
    is_all = "all" in request.POST and dispatch_id is not None
    if not chosen and not is_all:
        messages.info(request, _("Choose the messages first, then what to do with them."))
        return redirect(there)
    try:
        settled = services.settle_in_project(
            project=project,
            choice=UncertainChoice(request.POST["choice"]),
            dispatch_id=dispatch_id if is_all else None,
            message_ids=None if is_all else chosen[:PAGE_ROWS],
            by=signed_in_person(request),
        )
    except ProjectsError as error:
        messages.error(request, str(error))
        return redirect(there)
    for name, words in settled.refusals:
        messages.error(
            request, _("“%(name)s”: %(words)s") % {"name": name, "words": words} if name else words
        )
    if settled.n or not settled.refusals:
        messages.success(request, _settled_words(settled.n, UncertainChoice(request.POST["choice"])))
    if not is_all and settled.n < len(chosen) and not settled.refusals:
        messages.info(request, _("The others were settled meanwhile, by a receipt or by somebody else."))
    return redirect(there)


# --- What the page shows --------------------------------------------------------------------------------


def _groups(project: Project, wanted: int | None) -> list[Group]:
    found = uncertain_groups(project.pk)
    owners = owners_of(project.pk, [group.dispatch_id for group in found]) if found else {}
    return [
        Group(
            dispatch_id=group.dispatch_id,
            title=owner_words(owners.get(group.dispatch_id) or _other(group)),
            n=group.n,
            oldest_at=group.oldest_at,
            campaign=owners.get(group.dispatch_id, NOBODY).campaign,
            is_current=group.dispatch_id == wanted,
        )
        for group in found
    ]


def _other(group: UncertainGroup) -> Owner:
    return PROGRAM if group.owner.startswith("stream:") else NOBODY


def _shown(row: UncertainRow, titles: dict[int, str]) -> ShownUncertain:
    answers = {
        QueryOutcome.MISSING: _("The carrier says that it never had it."),
        QueryOutcome.TAKEN: _("The carrier has it, and no result yet."),
        QueryOutcome.UNKNOWN: _("The carrier could not say."),
        QueryOutcome.FINAL: _("The carrier says that it ended."),
    }
    answer = answers[row.answer] if row.answer else ""
    return ShownUncertain(
        row=row,
        number=mask_msisdn(row.msisdn),
        title=titles.get(row.dispatch_id, ""),
        answer=answer,
        receipts=[Heard(word_of(receipt.status), receipt) for receipt in row.receipts],
    )


def policy_words(project: Project) -> str:
    """ "After 60 minutes they are treated as sent." """
    minutes = project.uncertain_after_minutes
    after = {"time": ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": grouped(minutes)}}
    match project.uncertain_policy:
        case UncertainPolicy.SENT:
            return _("After %(time)s without news they are treated as sent.") % after
        case UncertainPolicy.AGAIN:
            return (
                _(
                    "After %(time)s without news they are sent once more, marked as possibly double; never "
                    "verification codes, and never twice."
                )
                % after
            )
        case _other:
            return _("They stay uncertain until a receipt, the carrier’s answer or a person settles them.")


def choices_for_chosen() -> list[Choice]:
    return [
        Choice(
            UncertainChoice.SENT,
            _("Treat as sent"),
            "check",
            _("Treat the chosen messages as sent?"),
            _("They count as taken by the carrier. A receipt that comes later still corrects each of them."),
        ),
        Choice(
            UncertainChoice.FAILED,
            _("Treat as failed"),
            "circle-x",
            _("Treat the chosen messages as failed?"),
            _("They count as not sent. A receipt that comes later still corrects each of them."),
        ),
        Choice(
            UncertainChoice.AGAIN,
            _("Send again"),
            "repeat",
            _("Send the chosen messages once more?"),
            _("Some of these people may get the message twice: nobody knows whether the first one arrived."),
            is_danger=True,
        ),
    ]


def choices_for_all(group: Group) -> list[Choice]:
    values = {"n": group.n_words, "name": group.title}
    sent, failed, again = choices_for_chosen()
    return [
        Choice(
            sent.value,
            sent.label,
            sent.icon,
            _("Treat all %(n)s uncertain messages of “%(name)s” as sent?") % values,
            sent.effect,
        ),
        Choice(
            failed.value,
            failed.label,
            failed.icon,
            _("Treat all %(n)s uncertain messages of “%(name)s” as failed?") % values,
            failed.effect,
        ),
        Choice(
            again.value,
            again.label,
            again.icon,
            _("Send all %(n)s uncertain messages of “%(name)s” once more?") % values,
            again.effect,
            is_danger=True,
        ),
    ]


def _settled_words(n: int, choice: UncertainChoice) -> str:
    if not n:
        return _("None of them was uncertain any more.")
    words = {
        UncertainChoice.SENT: ngettext(
            "%(n)s message is treated as sent.", "%(n)s messages are treated as sent.", n
        ),
        UncertainChoice.FAILED: ngettext(
            "%(n)s message is treated as failed.", "%(n)s messages are treated as failed.", n
        ),
        UncertainChoice.AGAIN: ngettext(
            "%(n)s message is sent once more.", "%(n)s messages are sent once more.", n
        ),
    }
    return words[choice] % {"n": grouped(n)}


# --- Paging ---------------------------------------------------------------------------------------------


def _number(request: HttpRequest, name: str) -> int | None:
    written = request.GET.get(name, "")
    is_number = re.fullmatch(r"[0-9]{1,19}", written) is not None
    return int(written) if is_number and int(written) <= MAX_ID else None


def _paging(
    request: HttpRequest, page: UncertainPage, after: int | None, current: Group | None
) -> dict[str, Any]:
    """Keyset paging only knows the way forward; the address remembers the way back."""
    kept = {"of": current.dispatch_id} if current else {}
    trail = [int(step) for step in request.GET.get("trail", "").split("-") if re.fullmatch(r"\d{1,18}", step)]
    links = {"previous": "", "following": ""}
    if after is not None:
        *rest, back = trail or [0]
        more = {"after": back, "trail": "-".join(map(str, rest))} if back else {}
        links["previous"] = f"?{urlencode({**kept, **more})}"
    if page.next_after is not None:
        steps = [*trail, after or 0][-TRAIL_LENGTH:]
        more = {"after": page.next_after, "trail": "-".join(map(str, steps))}
        links["following"] = f"?{urlencode({**kept, **more})}"
    return links
