"""Reads for the pages about people."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import lockout
from accounts.models import Invitation, Membership, Organization, Role, User
from accounts.user_agents import device_of


@dataclass(frozen=True, slots=True)
class MemberRow:
    membership: Membership
    role_labels: list[str]
    has_two_factor: bool
    is_locked_out: bool


@dataclass(frozen=True, slots=True)
class InvitationRow:
    invitation: Invitation
    role_labels: list[str]


@dataclass(frozen=True, slots=True)
class SessionRow:
    session: UserSession
    device: str
    is_current: bool


def role_labels(roles: list[str]) -> list[str]:
    return [str(role.label) for role in Role if role in roles]


def members(organization: Organization) -> list[MemberRow]:
    """Everybody in the organization by name. Three queries."""
    memberships = list(
        Membership.objects.filter(organization=organization)
        .select_related("user")
        .order_by("user__name", "user__email")
    )
    with_two_factor = set(
        Authenticator.objects.filter(
            user_id__in=[membership.user_id for membership in memberships], type=Authenticator.Type.TOTP
        ).values_list("user_id", flat=True)
    )
    locked = lockout.locked_emails([membership.user.email.lower() for membership in memberships])
    return [
        MemberRow(
            membership=membership,
            role_labels=role_labels(membership.roles),
            has_two_factor=membership.user_id in with_two_factor,
            is_locked_out=membership.user.email.lower() in locked,
        )
        for membership in memberships
    ]


def open_invitations(organization: Organization) -> list[InvitationRow]:
    """Who was invited and has not come yet, the newest first. One query."""
    found = Invitation.objects.filter(organization=organization, accepted_at=None, withdrawn_at=None)
    return [
        InvitationRow(invitation=invitation, role_labels=role_labels(invitation.roles))
        for invitation in found.select_related("invited_by").order_by("-created_at", "-pk")
    ]


def sessions(user: User, *, current_key: str) -> list[SessionRow]:
    """Where this person is signed in, this session first, then the last seen. Two queries."""
    found = UserSession.objects.filter(user_id=user.pk).order_by("-last_seen_at")
    alive = _alive([one.session_key for one in found])
    rows = [
        SessionRow(session=one, device=device_of(one.user_agent), is_current=one.session_key == current_key)
        for one in found
        if one.session_key in alive
    ]
    return sorted(rows, key=lambda row: not row.is_current)


def n_sessions(user: User) -> int:
    keys = UserSession.objects.filter(user_id=user.pk).values_list("session_key", flat=True)
    return len(_alive(list(keys)))


def _alive(keys: list[str]) -> set[str]:
    live = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return set(live.values_list("session_key", flat=True))


def is_set_up() -> bool:
    """Whether the first person exists. One query."""
    return User.objects.exists()
