"""Members, their roles and rights."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import Membership, Organization, Role, User
from accounts.services.events import tell


def add_member(
    *,
    organization: Organization,
    email: str,
    name: str,
    roles: Collection[Role],
    may_reveal_numbers: bool,
    by: User,
) -> Membership:
    """Make the person with this e-mail a member; an unknown one gets an account that waits to be invited.

    Raises `AccountsError` when they are a member already, also when two admins add them at once.
    """
    try:
        with transaction.atomic():
            user = User.objects.filter(email__iexact=email).first()
            if user is None:
                user = User.objects.create_user(email, None, name=name)
            membership = Membership.objects.create(
                organization=organization,
                user=user,
                roles=sorted(roles),
                may_reveal_numbers=may_reveal_numbers,
            )
            tell("member.added", organization, by=by, member=membership, roles=sorted(roles))
    except IntegrityError as error:
        raise AccountsError(_("%(email)s is a member already.") % {"email": email}) from error
    return membership


def change_member(
    *, membership: Membership, roles: Collection[Role], may_reveal_numbers: bool, by: User
) -> None:
    """Give these roles and rights instead of the present ones. The last admin stays admin."""
    with transaction.atomic():
        _lock_members(membership.organization)
        if Role.ADMIN not in roles:
            _refuse_if_last_admin(membership)
        Membership.objects.filter(pk=membership.pk).update(
            roles=sorted(roles), may_reveal_numbers=may_reveal_numbers
        )
        tell(
            "member.changed",
            membership.organization,
            by=by,
            member=membership,
            roles=sorted(roles),
            may_reveal_numbers=may_reveal_numbers,
        )


def remove_member(*, membership: Membership, by: User) -> None:
    """Take the person out of the organization; what they did keeps their name. The last admin stays."""
    with transaction.atomic():
        _lock_members(membership.organization)
        _refuse_if_last_admin(membership)
        tell("member.removed", membership.organization, by=by, member=membership)
        Membership.objects.filter(pk=membership.pk).delete()


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
