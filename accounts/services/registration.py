"""Registration of a new organization by whoever starts it; nothing is stored before the e-mail is confirmed."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import Membership, Organization, Role, User
from accounts.services.events import tell

LINK_SECONDS = 24 * 3600
_SALT = "accounts.registration"


class RegistrationClosed(AccountsError):
    """This console takes no new organizations from strangers."""


class LinkEnded(AccountsError):
    """A link that is too old, was used, or was never ours."""


def registration_token(email: str) -> str:
    """What the mailed link carries; whoever holds it has read the mail."""
    _require_open()
    return signing.dumps({"email": email}, salt=_SALT)


def registering_email(token: str) -> str:
    """The confirmed e-mail of a link. Raises `LinkEnded`."""
    _require_open()
    try:
        email = str(signing.loads(token, salt=_SALT, max_age=LINK_SECONDS)["email"])
    except (signing.BadSignature, KeyError, TypeError) as error:
        raise LinkEnded(_("This link is older than a day or incomplete. Ask for a new one.")) from error
    if User.objects.filter(email__iexact=email).exists():
        raise LinkEnded(_("This link was used already. Sign in with your e-mail and password."))
    return email


def register_organization(
    *, token: str, name: str, organization_name: str, password: str
) -> tuple[Organization, User]:
    """A new organization with its first member, admin and operator. It is not verified and may not send yet.

    Raises `LinkEnded`; of two uses of a link at once one succeeds.
    """
    email = registering_email(token)
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
            organization = Organization.objects.create(name=organization_name)
            membership = Membership.objects.create(
                organization=organization,
                user=user,
                roles=sorted([Role.ADMIN, Role.OPERATOR]),
                may_reveal_numbers=True,
                changed_by=user,
            )
            tell("organization.registered", organization, by=user, member=membership)
    except IntegrityError as error:
        raise LinkEnded(_("This link was used already. Sign in with your e-mail and password.")) from error
    return organization, user


def _require_open() -> None:
    if not settings.REGISTRATION_OPEN:
        raise RegistrationClosed(_("This console takes no registrations. Ask for an invitation."))
