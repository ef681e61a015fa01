"""`manage.py setup_code`: the code that the setup page asks for."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountsError
from accounts.services import new_setup_code


class Command(BaseCommand):
    help = (
        "Print a new setup code for the first person; the code before it ends. Exit 1 once somebody exists."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(new_setup_code())
        except AccountsError as error:
            raise CommandError(str(error), returncode=1) from error
