"""What happens to people: the first setup, members and their roles, invitations, passwords."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import Installation, Membership, Organization, Role, User
from accounts.tokens import invitation_tokens
from smsconsole.outbox.services import append_event


def new_setup_code() -> str:
    """A fresh setup code, replacing the one before; only its hash is kept. Refused once somebody exists."""
    code = base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()
    code = "-".join(code[start : start + 4] for start in range(0, 16, 4))
    with transaction.atomic():
        _locked_installation()
        Installation.objects.filter(pk=1).update(setup_code_hash=make_password(code))
    return code


def set_up_organization(
    *, setup_code: str, organization_name: str, name: str, email: str, password: str
) -> tuple[Organization, User]:
    """The first organization and its first member, who holds every role.

    Raises `AccountsError` when the code is wrong or somebody was first: of two people at once one succeeds.
    """
    with transaction.atomic():
        installation = _locked_installation()
        if not check_password(setup_code.strip().lower(), installation.setup_code_hash):
            raise AccountsError(
                _("This is not the setup code. Run “manage.py setup_code” on the server to get a new one.")
            )
        user = User.objects.create_user(email, password, name=name)
        organization = Organization.objects.create(name=organization_name)
        Membership.objects.create(
            organization=organization, user=user, roles=list(Role.values), may_reveal_numbers=True
        )
        Installation.objects.filter(pk=1).update(setup_code_hash="", set_up_at=timezone.now())
        _tell("organization.set_up", organization, by=user)
    return organization, user


def _locked_installation() -> Installation:
    """The installation's row, locked; raises when the first person exists already."""
    Installation.objects.get_or_create(pk=1)
    installation = Installation.objects.select_for_update().get(pk=1)
    if User.objects.exists():
        raise AccountsError(_("This console is set up already. Sign in instead."))
    return installation


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
            _tell("member.added", organization, by=by, member=membership, roles=sorted(roles))
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
        _tell(
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
        _tell("member.removed", membership.organization, by=by, member=membership)
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


def invitation_token(*, membership: Membership) -> str:
    """A token with which the invited person sets their first password; valid for three days.

    Only for accounts that never had a password and belong to this organization alone: whoever holds the link
    becomes that person, and an admin of one organization must not become a member of another.
    """
    user = membership.user
    if user.has_usable_password():
        raise AccountsError(_("%(name)s has a password already and signs in with it.") % {"name": user})
    if user.memberships.exclude(organization_id=membership.organization_id).exists():
        raise AccountsError(
            _("%(name)s was invited by another organization first and has to accept that invitation.")
            % {"name": user}
        )
    return invitation_tokens.make_token(user)


def accept_invitation(*, user: User, token: str, name: str, password: str) -> None:
    """Set the first password. The token works once: it is bound to there being none."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if not invitation_tokens.check_token(locked, token):
            raise AccountsError(_("This invitation was used or is too old. Ask your admin for a new link."))
        locked.set_password(password)
        locked.name = name
        locked.save(update_fields=["password", "name"])


def _tell(
    kind: str, organization: Organization, *, by: User, member: Membership | None = None, **details: object
) -> None:
    payload: dict[str, object] = {"by": str(by.uuid), **details}
    if member is not None:
        payload["member"] = str(member.uuid)
        payload["user"] = str(member.user.uuid)
    append_event(kind=kind, subject=f"organization:{organization.uuid}", payload=payload)
