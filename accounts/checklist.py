"""What an organization still needs until its first message can be sent, assembled from what each app knows.

An app adds its steps in a module `checklist.py` with `STEPS: list[Step]`; this app knows none of them by name, so no
arrow points back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import IdentityVerification, Membership, Organization, Role, ServiceActivation
from accounts.standing import standing_of
from accounts.statuses import ActivationStatus, VerificationStatus
from accounts.two_factor import ROLES_IN_NEED


class State(StrEnum):
    DONE = "done"
    # It is somebody else's turn: nothing to do but wait.
    WAITING = "waiting"
    TODO = "todo"


@dataclass(frozen=True, slots=True)
class Found:
    """How far a step is; `note` says more about it, `url` leads to where it is done."""

    state: State
    note: str = ""
    url: str = ""

    @property
    def is_done(self) -> bool:
        return self.state == State.DONE


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that has to be done, by somebody with `role`. `look` makes a few cheap queries.

    `is_last` ends the checklist when done.
    """

    label: str | Promise
    why: str | Promise
    order: int
    look: Callable[[Organization], Found]
    action: str | Promise
    role: Role
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A step as one person sees it: `may_act` when it is theirs to do."""

    step: Step
    found: Found
    may_act: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    lines: list[Line]

    @property
    def n_done(self) -> int:
        return sum(line.found.is_done for line in self.lines)

    @property
    def is_complete(self) -> bool:
        return self.n_done == len(self.lines)

    @property
    def next(self) -> Line | None:
        """What to do now; None when all is done or waits for others."""
        return next((line for line in self.lines if line.found.state == State.TODO), None)


def checklist_of(organization: Organization, *, roles: frozenset[Role]) -> Checklist:
    """Every step with its state, for somebody with these roles; a handful of queries for each."""
    return Checklist([Line(step, step.look(organization), step.role in roles) for step in _steps()])


def is_over(organization: Organization) -> bool:
    """Whether the first message was sent, after which nobody needs to be led. One query or two."""
    return all(step.look(organization).is_done for step in _steps() if step.is_last)


@cache
def _steps() -> tuple[Step, ...]:
    offered = [*STEPS]
    for config in apps.get_app_configs():
        name = f"{config.name}.checklist"
        if name != __name__ and find_spec(name) is not None:
            offered += import_module(name).STEPS
    return tuple(sorted(offered, key=lambda step: step.order))


# --- What accounts knows --------------------------------------------------------------------------------


def _verification(organization: Organization) -> Found:
    url = reverse("organization-standing", args=[organization.uuid])
    statuses = set(
        IdentityVerification.objects.filter(organization=organization).values_list("status", flat=True)
    )
    if VerificationStatus.APPROVED in statuses:
        return Found(State.DONE, url=url)
    if VerificationStatus.PENDING in statuses:
        return Found(State.WAITING, _("Handed in. Platform staff are reviewing it."), url)
    if VerificationStatus.REJECTED in statuses:
        return Found(State.TODO, _("The last request was rejected. Correct it and hand it in again."), url)
    return Found(State.TODO, url=url)


def _activation(organization: Organization) -> Found:
    url = reverse("organization-standing", args=[organization.uuid])
    standing = standing_of(organization.pk)
    if standing.is_locked:
        return Found(State.WAITING, _("The organization is locked by platform staff."), url)
    if standing.active_regions:
        return Found(State.DONE, url=url)
    is_requested = ServiceActivation.objects.filter(
        organization=organization, status=ActivationStatus.REQUESTED
    ).exists()
    if is_requested:
        return Found(State.WAITING, _("Applied for. Platform staff decide."), url)
    return Found(State.TODO, url=url)


def _two_factor(organization: Organization) -> Found:
    url = reverse("member-list", args=[organization.uuid])
    if not (settings.TWO_FACTOR_REQUIRED and organization.requires_two_factor):
        return Found(State.DONE, _("Not required in this organization."), url)
    in_need = Membership.objects.filter(
        organization=organization, user__is_active=True, roles__overlap=[*ROLES_IN_NEED]
    )
    has_one = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    missing = in_need.filter(~Exists(has_one)).select_related("user")
    names = ", ".join(sorted(str(membership.user) for membership in missing))
    if not names:
        return Found(State.DONE, url=url)
    return Found(State.TODO, _("Still without: %(names)s.") % {"names": names}, url)


def _second_person(organization: Organization) -> Found:
    url = reverse("member-list", args=[organization.uuid])
    memberships = Membership.objects.filter(organization=organization, user__is_active=True)
    roles_of = dict(memberships.values_list("user_id", "roles"))
    authors = {user for user, roles in roles_of.items() if Role.OPERATOR in roles}
    reviewers = {user for user, roles in roles_of.items() if Role.REVIEWER in roles}
    if any(author != reviewer for author in authors for reviewer in reviewers):
        return Found(State.DONE, url=url)
    if not reviewers:
        return Found(State.TODO, _("Nobody is a reviewer yet."), url)
    if not authors:
        return Found(State.TODO, _("Nobody is an operator yet."), url)
    return Found(State.TODO, _("The only operator and the only reviewer are the same person."), url)


STEPS = [
    Step(
        gettext_lazy("Two-factor sign-in"),
        gettext_lazy("Admins and reviewers decide what leaves: a stolen password alone must not be enough."),
        10,
        _two_factor,
        action=gettext_lazy("See the members"),
        role=Role.ADMIN,
    ),
    Step(
        gettext_lazy("Verification"),
        gettext_lazy("The law and the carriers want to know who sends."),
        20,
        _verification,
        action=gettext_lazy("Verify the organization"),
        role=Role.ADMIN,
    ),
    Step(
        gettext_lazy("Activation"),
        gettext_lazy("Domestic and international SMS are switched on one by one, for what you say you send."),
        30,
        _activation,
        action=gettext_lazy("Apply for activation"),
        role=Role.ADMIN,
    ),
    Step(
        gettext_lazy("A second person"),
        gettext_lazy("Nobody reviews their own texts, so an operator and a reviewer are two people."),
        40,
        _second_person,
        action=gettext_lazy("Invite somebody"),
        role=Role.ADMIN,
    ),
]
