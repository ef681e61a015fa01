"""Reads for the pages about people."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Membership, Organization, Role, User


@dataclass(frozen=True, slots=True)
class MemberRow:
    membership: Membership
    role_labels: list[str]
    is_invited: bool


def members(organization: Organization) -> list[MemberRow]:
    """Everybody in the organization by name. One query."""
    memberships = (
        Membership.objects.filter(organization=organization)
        .select_related("user")
        .order_by("user__name", "user__email")
    )
    return [
        MemberRow(
            membership=membership,
            role_labels=[str(role.label) for role in Role if role in membership.roles],
            is_invited=not membership.user.has_usable_password(),
        )
        for membership in memberships
    ]


def is_set_up() -> bool:
    """Whether the first person exists. One query."""
    return User.objects.exists()
