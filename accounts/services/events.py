"""Events about people, told in the transaction of the change."""

from __future__ import annotations

from accounts.models import Membership, Organization, User
from smsconsole.outbox.services import append_event


def tell(
    kind: str, organization: Organization, *, by: User, member: Membership | None = None, **details: object
) -> None:
    payload: dict[str, object] = {"organization": str(organization.uuid), "by": str(by.uuid), **details}
    if member is not None:
        payload["member"] = str(member.uuid)
        payload["user"] = str(member.user.uuid)
    append_event(kind=kind, subject=f"organization:{organization.uuid}", payload=payload)


def tell_of_person(kind: str, user: User, *, by: User, **details: object) -> None:
    """An event about an account, which belongs to no organization."""
    append_event(kind=kind, subject=f"user:{user.uuid}", payload={"by": str(by.uuid), **details})
