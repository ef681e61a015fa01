"""What arrived on the phones behind simulated gateways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise

from delivery.gateways.simulated import control_address
from delivery.models import SANDBOX_KIND, SIMULATED_KINDS, Gateway, MessageBody, Reply
from delivery.simulation.control import SimulationUnavailable, read_recent
from delivery.simulation.ledger import LedgerLine
from delivery.simulation.smsc import MADE_UP
from delivery.statuses import ReplyOutcome
from projects.models import Project

# So many phones with so many messages each are shown, taken from the newest messages of the gateway.
N_PHONES = 12
N_MESSAGES_PER_PHONE = 3
N_MESSAGES_READ = 1_000
N_REPLIES_READ = 100


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """A bubble on the screen: a message that arrived, or a reply with what was made of it."""

    at: datetime
    text: str
    sender: str = ""
    is_reply: bool = False
    outcome: str | Promise = ""
    unsubscribes: bool = False


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone with its newest messages, the newest last as phones show them. The number is whole; pages mask it."""

    msisdn: str
    messages: Sequence[LedgerLine]
    replies: Sequence[Reply] = ()

    @property
    def lines(self) -> list[PhoneLine]:
        """Messages and the replies since the first of them, in the order of the screen."""
        shown = [PhoneLine(message.at, message.text, message.sender) for message in self.messages]
        shown += [
            PhoneLine(
                reply.received_at,
                reply.text,
                is_reply=True,
                outcome=reply.get_outcome_display(),
                unsubscribes=reply.outcome in (ReplyOutcome.UNSUBSCRIBED, ReplyOutcome.REPEATED),
            )
            for reply in self.replies
            if reply.received_at >= self.messages[0].at
        ]
        return sorted(shown, key=lambda line: line.at)

    @property
    def answers_message_id(self) -> int:
        """The message that a reply from this phone answers."""
        return self.messages[-1].message_id


@dataclass(frozen=True, slots=True)
class Handset:
    """`phones` with the newest message first. `n_gateways` counts the simulated ones, `n_silent` those away."""

    phones: Sequence[Phone]
    n_gateways: int
    n_silent: int

    @property
    def stamp(self) -> str:
        """Changes when the page would look different."""
        newest = self.phones[0].messages[-1].reference if self.phones else ""
        replies = [(reply.pk, reply.outcome) for phone in self.phones for reply in phone.replies]
        newest_reply = "-".join(map(str, max(replies, default=())))
        n_messages = sum(len(phone.messages) for phone in self.phones)
        return f"{newest}.{n_messages}.{newest_reply}.{len(replies)}.{self.n_silent}"


def read_handset(project: Project, *, digits: str = "") -> Handset:
    """The phones that this project's messages reached; those whose number ends so, where digits are given.

    One query for the gateways, one or two per gateway that answers, one for the replies. A gateway serves all projects:
    only what the database knows as this project's own message, number and text is shown.
    """
    arrived: list[LedgerLine] = []
    is_simulated = Q(kind__in=SIMULATED_KINDS) | Q(settings__simulated=True)
    gateways = list(
        Gateway.objects.filter(is_simulated).exclude(kind=SANDBOX_KIND).values_list("kind", "settings")
    )
    n_silent = 0
    for kind, settings in gateways:
        try:
            lines = read_recent(control_address(kind, settings), digits=digits, limit=N_MESSAGES_READ)
        except (SimulationUnavailable, ValueError):
            n_silent += 1
        else:
            arrived += _own(project, lines)
    arrived.sort(key=lambda line: line.at, reverse=True)
    return Handset(_with_replies(project, _phones(arrived)), n_gateways=len(gateways), n_silent=n_silent)


def _own(project: Project, lines: Sequence[LedgerLine]) -> list[LedgerLine]:
    """Those of the project, newest first as before.

    An SMSC does not hear the console's numbers of messages: its lines are known by number and text, and as many
    of them are the project's as it has such messages.
    """
    bodies = MessageBody.objects.filter(project_id=project.pk)
    by_number: dict[tuple[str, str], list[int]] = {}
    if numbers := {line.msisdn for line in lines if line.message_id >= MADE_UP}:
        found = bodies.filter(msisdn__in=numbers).order_by("message_id")
        for message_id, msisdn, text in found.values_list("message_id", "msisdn", "text"):
            by_number.setdefault((msisdn, text), []).append(message_id)
    known: set[tuple[int, str, str]] = set()
    if ids := [line.message_id for line in lines if line.message_id < MADE_UP]:
        known.update(bodies.filter(message_id__in=ids).values_list("message_id", "msisdn", "text"))
    own: list[LedgerLine] = []
    for line in lines:
        if line.message_id < MADE_UP:
            own += [line] if (line.message_id, line.msisdn, line.text) in known else []
        elif left := by_number.get((line.msisdn, line.text)):
            own.append(line._replace(message_id=left.pop()))
    return own


def _phones(newest_first: Sequence[LedgerLine]) -> list[Phone]:
    by_number: dict[str, list[LedgerLine]] = {}
    for line in newest_first:
        messages = by_number.setdefault(line.msisdn, [])
        if len(messages) < N_MESSAGES_PER_PHONE:
            messages.append(line)
    return [Phone(msisdn, messages[::-1]) for msisdn, messages in list(by_number.items())[:N_PHONES]]


def _with_replies(project: Project, phones: Sequence[Phone]) -> list[Phone]:
    """Replies are known as this project's once they are applied; those that wait show a moment later."""
    if not phones:
        return []
    by_number: dict[str, list[Reply]] = {}
    numbers = [phone.msisdn for phone in phones]
    newest = Reply.objects.filter(project=project, msisdn__in=numbers).order_by("-pk")[:N_REPLIES_READ]
    for reply in newest:
        replies = by_number.setdefault(reply.msisdn, [])
        if len(replies) < N_MESSAGES_PER_PHONE:
            replies.append(reply)
    return [replace(phone, replies=by_number.get(phone.msisdn, ())) for phone in phones]
