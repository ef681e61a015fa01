"""The only gate to a project: the first line of every view of a project asks here.

Outsiders get 404, a member without the role 403, platform staff may read and change nothing
(`accounts.access`); `docs/access.md` lists who may do what.
"""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from accounts import access
from accounts.models import Role, User
from projects.models import Project


def project_for(user: User | AnonymousUser, slug: str, role: Role | None = None) -> Project:
    """The project with this slug (organization loaded), if the user may see it and holds the role.

    Raises `Http404` or `PermissionDenied`. Two queries at most: the project, and the user's memberships once
    per request. A disabled project passes; services refuse its changes.
    """
    project = Project.objects.select_related("organization").filter(slug=slug).first()
    if project is None:
        raise Http404
    access.require(user, project.organization_id, role)
    return project


def roles_in_project(user: User | AnonymousUser, project: Project) -> frozenset[Role]:
    """The roles this person holds in the project's organization; none for platform staff."""
    return access.roles_in(user, project.organization_id)


def may_reveal_numbers(user: User | AnonymousUser, project: Project) -> bool:
    """Whether this member may ask to see whole numbers of people."""
    membership = access.membership_in(user, project.organization_id)
    return membership is not None and membership.may_reveal_numbers
