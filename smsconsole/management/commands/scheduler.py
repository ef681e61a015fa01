"""`manage.py scheduler`: runs every app's beats."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smsconsole.beats import Scheduler, all_beats, is_led


class Command(BaseCommand):
    help = "Run what has to happen again and again: receipts, sweep, due campaigns, counters, retention."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="say whether a scheduler is at work, and start none"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            if not is_led():
                raise CommandError("No scheduler is at work.")
            self.stdout.write("A scheduler is at work.")
            return
        scheduler = Scheduler(all_beats())
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: scheduler.stop())
        scheduler.run()
