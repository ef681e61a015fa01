"""What arrived on the phones behind simulated gateways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from delivery.gateways.simulator import SimulatorDriver, address_of
from delivery.models import Gateway, MessageBody
from delivery.simulation.control import SimulationUnavailable, read_recent
from delivery.simulation.ledger import LedgerLine
from projects.models import Project

# So many phones with so many messages each are shown, taken from the newest messages of the gateway.
N_PHONES = 12
N_MESSAGES_PER_PHONE = 3
N_MESSAGES_READ = 1_000


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone with its newest messages, the newest last as phones show them. The number is whole; pages mask it."""

    msisdn: str
    messages: Sequence[LedgerLine]


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
        return f"{newest}.{sum(len(phone.messages) for phone in self.phones)}.{self.n_silent}"


def read_handset(project: Project, *, digits: str = "") -> Handset:
    """The phones that this project's messages reached; those whose number ends so, where digits are given.

    One query for the gateways, one per gateway that answers. A gateway serves all projects: only what the
    database knows as this project's own message, number and text is shown.
    """
    arrived: list[LedgerLine] = []
    gateways = list(Gateway.objects.filter(kind=SimulatorDriver.kind).values_list("settings", flat=True))
    n_silent = 0
    for settings in gateways:
        try:
            lines = read_recent(address_of(settings), digits=digits, limit=N_MESSAGES_READ)
        except (SimulationUnavailable, ValueError):
            n_silent += 1
        else:
            arrived += _own(project, lines)
    arrived.sort(key=lambda line: line.at, reverse=True)
    return Handset(_phones(arrived), n_gateways=len(gateways), n_silent=n_silent)


def _own(project: Project, lines: Sequence[LedgerLine]) -> list[LedgerLine]:
    bodies = MessageBody.objects.filter(
        project_id=project.pk, message_id__in=[line.message_id for line in lines]
    )
    own = set(bodies.values_list("message_id", "msisdn", "text"))
    return [line for line in lines if (line.message_id, line.msisdn, line.text) in own]


def _phones(newest_first: Sequence[LedgerLine]) -> list[Phone]:
    by_number: dict[str, list[LedgerLine]] = {}
    for line in newest_first:
        messages = by_number.setdefault(line.msisdn, [])
        if len(messages) < N_MESSAGES_PER_PHONE:
            messages.append(line)
    return [Phone(msisdn, messages[::-1]) for msisdn, messages in list(by_number.items())[:N_PHONES]]
