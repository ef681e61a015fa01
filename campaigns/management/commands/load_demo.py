"""`manage.py load_demo`: fill the console with an example. Loading it twice does nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from campaigns import demo
from smsconsole.embedded.location import StoresNotRunning, require_stores


class Command(BaseCommand):
    help = "Make an example company with people, approved texts and a small campaign that is really sent."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            require_stores(
                database_url=settings.DATABASE_URL,
                redis_url=settings.REDIS_URL,
                data_dir=settings.DATA_DIR,
            )
        except StoresNotRunning as error:
            raise CommandError(str(error)) from error
        sign_ins = settings.DATA_DIR / "first-sign-in.txt"
        people = demo.load(sign_ins=sign_ins)
        if people is None:
            self.stdout.write(f"The demo is loaded already. Its first sign-ins were written to {sign_ins}.")
            return
        self.stdout.write("The demo is loaded. Sign in as:")
        for email, password in people.passwords.items():
            self.stdout.write(f"  {email}  {password}")
        self.stdout.write(f"They are kept in {sign_ins}, readable by you only.")
