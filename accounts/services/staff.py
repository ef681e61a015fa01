"""Who becomes platform staff: only by a command on the server, never by a page."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import AccountsError
from accounts.models import User
from smsconsole.outbox.services import append_event


def add_staff(*, email: str, name: str, password: str, is_superuser: bool = False) -> User:
    """A new account over all organizations. Two-factor is set up at its first sign-in.

    Raises `AccountsError` before the first setup (which the account would end) and for an e-mail that is known:
    somebody's account is never made more powerful than they knew.
    """
    with transaction.atomic():
        if not User.objects.exists():
            raise AccountsError(_("Set up the console first: open it in a browser."))
        if User.objects.filter(email__iexact=email).exists():
            raise AccountsError(_("%(email)s has an account already. Use another e-mail.") % {"email": email})
        user = User.objects.create_user(email, password, name=name, is_staff=True, is_superuser=is_superuser)
        append_event(
            kind="person.staff_added",
            subject=f"user:{user.uuid}",
            payload={"user": str(user.uuid), "is_superuser": is_superuser},
        )
    return user
