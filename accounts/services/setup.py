"""The first organization and its first person."""

from __future__ import annotations

import base64
import secrets

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import Installation, Membership, Organization, Role, User
from accounts.services.events import tell
from accounts.services.standing import vouch_for


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
    """The first organization, verified on its owner's word, and its first member, who holds every role.

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
        tell("organization.set_up", organization, by=user)
        vouch_for(organization=organization, by=user)
    return organization, user


def _locked_installation() -> Installation:
    """The installation's row, locked; raises when the first person exists already."""
    Installation.objects.get_or_create(pk=1)
    installation = Installation.objects.select_for_update().get(pk=1)
    if User.objects.exists():
        raise AccountsError(_("This console is set up already. Sign in instead."))
    return installation
