"""`manage.py reset_two_factor`: for somebody who lost phone and recovery codes, and whom no admin can help."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountsError
from accounts.services import reset_two_factor_on_the_server


class Command(BaseCommand):
    help = "Take the second factor of one person away and sign them out. Exit 1 when the e-mail is unknown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reset_two_factor_on_the_server(email=options["email"])
        except AccountsError as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(
            f"{options['email']} signs in with the password alone and sets up two-factor again."
        )
