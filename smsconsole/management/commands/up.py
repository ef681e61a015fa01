"""`manage.py up`: the whole console on one machine, with stores of its own."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from smsconsole.embedded.console import ConsoleOptions, run_console, run_stores
from smsconsole.embedded.location import DataDirUnusable
from smsconsole.embedded.refusal import StartRefused
from smsconsole.embedded.supervisor import StopRequested


class Command(BaseCommand):
    help = "Start the console: its stores, web, workers, scheduler and the simulated gateway."
    # The stores that the checks may want to ask are started by this very command.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--only-stores", action="store_true", help="start PostgreSQL and Valkey and nothing else"
        )

    def handle(self, *args: Any, only_stores: bool, **options: Any) -> None:
        console = ConsoleOptions(
            base_dir=settings.BASE_DIR,
            data_dir=settings.DATA_DIR,
            host=settings.HOST,
            port=settings.PORT,
            demo=settings.DEMO,
            given_database_url=os.environ.get("DATABASE_URL", ""),
            given_redis_url=os.environ.get("REDIS_URL", ""),
        )
        try:
            run_stores(console) if only_stores else run_console(console)
        except StopRequested:
            return
        except (StartRefused, DataDirUnusable) as refusal:
            raise CommandError(str(refusal)) from refusal
