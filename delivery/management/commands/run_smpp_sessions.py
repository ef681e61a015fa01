"""Hold the lines of all gateways that want one."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from delivery.sessions.children import Children
from smsconsole.queue import stop_requested


class Command(BaseCommand):
    help = "Run `run_smpp_session` for each enabled SMPP gateway, as they are set up, paused and changed."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: stop_requested.set())
        Children(stop_requested).run()
