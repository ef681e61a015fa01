"""Who is in which organization, and with which roles. Pages of a project ask `projects.access` instead.

Outsiders get 404, so that not even existence shows; a member without the role gets 403. Platform staff may
read every organization (pages that ask for no role) and change none: changes always name a role, and staff
hold none.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Membership, Organization, Role, User


def signed_in_person(request: HttpRequest) -> User:
    """The person behind a request. The login middleware lets nobody else reach a view, which this asserts."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def memberships_of(user: User | AnonymousUser) -> list[Membership]:
    """The person's memberships with their organizations, by name; one query per request, then remembered."""
    if not isinstance(user, User):
        return []
    by_name = Membership.objects.select_related("organization").order_by("organization__name", "pk")
    prefetch_related_objects([user], Prefetch("memberships", queryset=by_name))
    return list(user.memberships.all())


def membership_in(user: User | AnonymousUser, organization_id: int) -> Membership | None:
    return next((m for m in memberships_of(user) if m.organization_id == organization_id), None)


def roles_in(user: User | AnonymousUser, organization_id: int) -> frozenset[Role]:
    """The roles this person holds there; none for outsiders and platform staff."""
    membership = membership_in(user, organization_id)
    return frozenset(Role(role) for role in membership.roles) if membership else frozenset()


def require(user: User | AnonymousUser, organization_id: int, role: Role | None) -> None:
    """Pass, or raise `Http404` for outsiders and `PermissionDenied` for members without the role."""
    membership = membership_in(user, organization_id)
    if membership is None and not user.is_staff:
        raise Http404
    if role is not None and (membership is None or not membership.has_role(role)):
        raise PermissionDenied(
            _("This needs the role “%(role)s”. An admin of your organization can give it to you.")
            % {"role": role.label}
        )


def require_staff(user: User | AnonymousUser) -> None:
    """Pass for platform staff; for everybody else their pages do not exist."""
    if not isinstance(user, User) or not user.is_staff:
        raise Http404


def organization_for(user: User | AnonymousUser, uuid: UUID, role: Role | None = None) -> Organization:
    """The organization, if the user may see it and holds the role there. Two queries at most."""
    organization = Organization.objects.filter(uuid=uuid).first()
    if organization is None:
        raise Http404
    require(user, organization.pk, role)
    return organization
