"""How django-allauth behaves in this console: its words, its switches, where it keeps secrets."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.two_factor import has_two_factor, needs_two_factor
from smsconsole.lib.addresses import client_address
from smsconsole.lib.encryption import decrypt, encrypt

# Who signed in so lately need not prove themselves again to set up their first second factor.
FRESH_SECONDS = 600


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # it has no types
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("This e-mail and password do not match."),
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": _("Too many attempts. Wait a quarter of an hour, then try again."),
        "rate_limited": _("Too many attempts. Wait a quarter of an hour, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.REGISTRATION_OPEN)

    def get_client_ip(self, request: HttpRequest) -> str:
        # Behind a socket of one's own there is no address; the table of sessions wants one.
        return client_address(request.META, n_proxies=settings.TRUSTED_PROXY_COUNT) or "0.0.0.0"  # nosec B104 # noqa: S104

    def reauthenticate(self, user: User, password: str) -> bool:
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        request = context.request
        if app == "allauth.mfa" and not has_two_factor(request.user):
            records = get_authentication_records(request, request.user)
            if records and time.time() - records[-1]["at"] < FRESH_SECONDS:
                return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use your password instead"),
            "mfa_reauthenticate": _("Use a code instead"),
        }
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [method | {"description": str(words[method["id"]])} for method in methods]

    def add_message(self, *arguments: Any, **options: Any) -> None:
        """Our views speak for themselves."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # it has no types
    """Seeds and recovery codes are sealed with the installation's keys, as every secret."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right or was used already. Type the one your app shows now."),
        "cannot_delete_authenticator": _(
            "Your role needs two-factor, so it stays on. To move to another phone, ask an admin to reset it."
        ),
    }

    def encrypt(self, text: str) -> str:
        return encrypt(text, keys=tuple(settings.ENCRYPTION_KEYS))

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text, keys=tuple(settings.ENCRYPTION_KEYS))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not needs_two_factor(authenticator.user)
