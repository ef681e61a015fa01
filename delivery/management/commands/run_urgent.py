"""Send programs' messages at once."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from delivery.urgent.process import Urgent
from smsconsole.lib.frozen import end_frozen_transactions
from smsconsole.queue import stop_requested


class Command(BaseCommand):
    help = (
        "Send the messages of programs within milliseconds: gather what was handed over, and drive it out. One is"
        " enough; a second one, on another machine, stands in when the first is gone."
    )
    # It has no pages.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: stop_requested.set())
        end_frozen_transactions()
        Urgent().run()
