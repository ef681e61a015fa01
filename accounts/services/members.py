"""Members, their roles and rights."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.errors import AccountsError, MemberChanged
from accounts.models import Membership, Organization, Role, User
from accounts.services.events import tell


def add_member(
    *,
    organization: Organization,
    user: User,
    roles: Collection[Role],
    may_reveal_numbers: bool,
    by: User,
) -> Membership:
    """Make somebody a member without asking them: for the demo and commands. Pages invite instead.

    Raises `AccountsError` when they are a member already.
    """
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                organization=organization,
                user=user,
                roles=sorted(roles),
                may_reveal_numbers=may_reveal_numbers,
                changed_by=by,
            )
            tell("member.added", organization, by=by, member=membership, roles=sorted(roles))
    except IntegrityError as error:
        raise AccountsError(_("%(email)s is a member already.") % {"email": user.email}) from error
    return membership


def change_member(
    *,
    membership: Membership,
    roles: Collection[Role],
    may_reveal_numbers: bool,
    seen_at: datetime | None,
    by: User,
) -> None:
    """Give these roles and rights instead of the present ones. The last admin stays admin.

    Raises `MemberChanged` when somebody changed them after `seen_at`, and `AccountsError` when they are gone.
    """
    with transaction.atomic():
        _lock_members(membership.organization)
        present = Membership.objects.select_related("changed_by").filter(pk=membership.pk).first()
        if present is None:
            raise AccountsError(_("%(name)s is no longer a member.") % {"name": membership.user})
        if present.changed_at != seen_at:
            raise MemberChanged(_who_changed(present))
        if Role.ADMIN not in roles:
            _refuse_if_last_admin(membership)
        Membership.objects.filter(pk=membership.pk).update(
            roles=sorted(roles),
            may_reveal_numbers=may_reveal_numbers,
            changed_at=timezone.now(),
            changed_by=by,
        )
        tell(
            "member.changed",
            membership.organization,
            by=by,
            member=membership,
            roles=sorted(roles),
            may_reveal_numbers=may_reveal_numbers,
        )


def _who_changed(membership: Membership) -> str:
    return _(
        "%(who)s changed these rights at %(when)s, after you opened this page. Nothing was saved. "
        "Look at the present rights and decide again."
    ) % {
        "who": membership.changed_by or _("Somebody"),
        "when": date_format(timezone.localtime(membership.changed_at), "DATETIME_FORMAT"),
    }


def remove_member(*, membership: Membership, by: User) -> None:
    """Take the person out of the organization; what they did keeps their name. The last admin stays."""
    _end_membership("member.removed", membership, by=by)


def leave_organization(*, membership: Membership) -> None:
    """The member goes by themselves. Raises `AccountsError` for the last admin."""
    _end_membership("member.left", membership, by=membership.user)


def _end_membership(kind: str, membership: Membership, *, by: User) -> None:
    with transaction.atomic():
        _lock_members(membership.organization)
        _refuse_if_last_admin(membership)
        n_ended, _per_model = Membership.objects.filter(pk=membership.pk).delete()
        if n_ended:
            tell(kind, membership.organization, by=by, member=membership)


def require_two_factor(*, organization: Organization, is_required: bool, by: User) -> None:
    """Whether admins and reviewers of this organization need a second factor. Twice the same does nothing."""
    with transaction.atomic():
        changed = Organization.objects.filter(pk=organization.pk, requires_two_factor=not is_required)
        if changed.update(requires_two_factor=is_required):
            tell("organization.two_factor_changed", organization, by=by, is_required=is_required)


def _lock_members(organization: Organization) -> None:
    """Two admins who demote each other at once must not leave the organization without one."""
    Organization.objects.select_for_update().get(pk=organization.pk)


def _refuse_if_last_admin(membership: Membership) -> None:
    admins = Membership.objects.filter(
        organization_id=membership.organization_id, roles__contains=[Role.ADMIN], user__is_active=True
    )
    if set(admins.values_list("pk", flat=True)) == {membership.pk}:
        raise AccountsError(
            _("%(name)s is the only admin. Make somebody else admin first.") % {"name": membership.user}
        )
