"""`manage.py staff_user`: an account for somebody who runs the console for several organizations."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.errors import AccountsError
from accounts.models import User
from accounts.services.staff import add_staff


class Command(BaseCommand):
    help = (
        "Add platform staff: they review verifications, grant activations, pause gateways. The password is asked for, "
        "or read from standard input. Exit 1 when the account cannot be made."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="how pages call this person")
        parser.add_argument(
            "--superuser", action="store_true", help="may read the tables at /django-admin/, too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email, name = options["email"].strip(), options["name"].strip()
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        try:
            validate_email(email)
            validate_password(password, User(email=email, name=name))
            add_staff(email=email, name=name, password=password, is_superuser=options["superuser"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=1) from error
        except AccountsError as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(f"{email} is platform staff and sets up two-factor at the first sign-in.")
