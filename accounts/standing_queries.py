"""Reads for the pages about what organizations have proved and been granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from accounts.models import IdentityVerification, Organization, ServiceActivation, VerificationDocument
from accounts.presets import VERIFICATION_PRESETS
from accounts.standing import may_activate
from accounts.statuses import REGION_LABELS, ActivationStatus, EntityKind, VerificationStatus
from smsconsole.lib.types import Region

PAGE_ROWS: Final = 50
_DECIDED: Final = (VerificationStatus.APPROVED, VerificationStatus.REJECTED, VerificationStatus.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A region as the pages show it. `may_ask`: a verification that is handed in or approved allows to apply for it;
    `may_grant`: the one in force allows to grant it."""

    region: Region
    label: str | Promise
    activation: ServiceActivation | None
    may_ask: bool
    may_grant: bool

    @property
    def status(self) -> str:
        return self.activation.status if self.activation else ""


@dataclass(frozen=True, slots=True)
class StandingPage:
    """Everything about an organization's standing. `newest` may be the one in force."""

    in_force: IdentityVerification | None
    newest: IdentityVerification | None
    regions: list[RegionRow]
    requests: list[IdentityVerification]

    @property
    def pending(self) -> IdentityVerification | None:
        return self.newest if self.newest and self.newest.status == VerificationStatus.PENDING else None

    @property
    def rejected(self) -> IdentityVerification | None:
        """The newest request, if it was refused: what has to be corrected."""
        return self.newest if self.newest and self.newest.status == VerificationStatus.REJECTED else None


def standing_page(organization: Organization) -> StandingPage:
    """Three queries: the requests with their people, their documents, the activations."""
    requests = list(
        IdentityVerification.objects.filter(organization=organization)
        .select_related("submitted_by", "decided_by")
        .prefetch_related("documents")
        .order_by("-id")
    )
    in_force = next((one for one in requests if one.status == VerificationStatus.APPROVED), None)
    known = {
        EntityKind(one.kind)
        for one in requests
        if one.status in (VerificationStatus.PENDING, VerificationStatus.APPROVED)
    }
    return StandingPage(
        in_force=in_force,
        newest=requests[0] if requests else None,
        regions=region_rows(organization, known, EntityKind(in_force.kind) if in_force else None),
        requests=requests,
    )


def region_rows(
    organization: Organization, known: set[EntityKind], entity: EntityKind | None
) -> list[RegionRow]:
    """Both regions, asked for or not. One query."""
    activations = {
        Region(activation.region): activation
        for activation in ServiceActivation.objects.filter(organization=organization).select_related(
            "changed_by", "requested_by"
        )
    }
    return [
        RegionRow(
            region=region,
            label=REGION_LABELS[region],
            activation=activations.get(region),
            may_ask=any(may_activate(kind, region) for kind in known),
            may_grant=may_activate(entity, region),
        )
        for region in Region
    ]


def newest_documents(organization: Organization) -> list[VerificationDocument]:
    """The documents of the newest request, which the next one may show again. Two queries."""
    newest = IdentityVerification.objects.filter(organization=organization).order_by("-id").first()
    return list(newest.documents.all()) if newest else []


def reason_words(verification: IdentityVerification) -> list[str]:
    """The preset reasons of a refusal, in words."""
    words = dict(VERIFICATION_PRESETS)
    return [str(words[reason]) for reason in verification.reasons if reason in words]


# --- The queue of platform staff ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    n_verifications: int
    n_activations: int

    @property
    def n_total(self) -> int:
        return self.n_verifications + self.n_activations


def waiting() -> Waiting:
    """How much waits for platform staff. Two queries over small partial indexes."""
    return Waiting(
        n_verifications=IdentityVerification.objects.filter(status=VerificationStatus.PENDING).count(),
        n_activations=ServiceActivation.objects.filter(status=ActivationStatus.REQUESTED).count(),
    )


def waiting_verifications(*, after: int | None) -> list[IdentityVerification]:
    """Oldest first, from the id on; one more than a page holds. One query."""
    found = IdentityVerification.objects.filter(status=VerificationStatus.PENDING)
    return _page(found.filter(pk__gt=after) if after else found, "id")


def decided_verifications(*, before: int | None) -> list[IdentityVerification]:
    """Newest first, older than the id; one more than a page holds. One query."""
    found = IdentityVerification.objects.filter(status__in=_DECIDED)
    return _page(found.filter(pk__lt=before) if before else found, "-id")


def _page(found: QuerySet[IdentityVerification], order: str) -> list[IdentityVerification]:
    people = found.select_related("organization", "submitted_by", "decided_by")
    return list(people.defer("registration_number").order_by(order)[: PAGE_ROWS + 1])


def waiting_activations(*, after: int | None) -> list[ServiceActivation]:
    """By request, oldest first; `after` is the id of the last row of the page before. One or two queries."""
    found = ServiceActivation.objects.filter(status=ActivationStatus.REQUESTED)
    last = ServiceActivation.objects.filter(pk=after).first() if after else None
    if last is not None:
        found = found.filter(
            Q(requested_at__gt=last.requested_at) | Q(requested_at=last.requested_at, pk__gt=last.pk)
        )
    people = found.select_related("organization", "requested_by")
    return list(people.order_by("requested_at", "id")[: PAGE_ROWS + 1])


def next_waiting(after: IdentityVerification) -> IdentityVerification | None:
    """The case that a reviewer sees after this one: the next in line, else the first. One or two queries."""
    pending = IdentityVerification.objects.filter(status=VerificationStatus.PENDING).order_by("id")
    pending = pending.defer("registration_number")
    return pending.filter(pk__gt=after.pk).first() or pending.first()
