"""Hold one gateway's line."""

from __future__ import annotations

import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from delivery.gateways import is_driven_by_workers
from delivery.models import Gateway
from delivery.sessions.leadership import Leadership, drop_connection
from delivery.sessions.session import Ended, Session
from smsconsole.lib.frozen import end_frozen_transactions
from smsconsole.queue import stop_requested

log = logging.getLogger(__name__)

STAND_BY_SECONDS = 1.0
MISCONFIGURED_PAUSE_SECONDS = 10.0


class Command(BaseCommand):
    help = (
        "Hold the line of a gateway: bind, send what its dispatches have, store receipts and replies. Of several for "
        "one gateway one works and the others stand by."
    )
    # It has no pages.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gateway", metavar="GATEWAY", help="the gateway's short name (slug)")

    def handle(self, *args: Any, gateway: str, **options: Any) -> None:
        end_frozen_transactions()
        row = Gateway.objects.filter(slug=gateway).first()
        if row is None:
            raise CommandError(f"There is no gateway “{gateway}”.")
        if is_driven_by_workers(row.kind):
            raise CommandError(f"The gateway “{gateway}” needs no session: delivery workers send through it.")
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: stop_requested.set())
        leadership = Leadership(row.pk)
        try:
            self._hold(row.pk, leadership)
        finally:
            leadership.release()

    def _hold(self, gateway_id: int, leadership: Leadership) -> None:
        stands_by = False
        while not stop_requested.is_set():
            if not leadership.check():
                if not stands_by:
                    log.info("session of gateway=%d: another one is at work, standing by", gateway_id)
                stands_by = True
                stop_requested.wait(STAND_BY_SECONDS)
                continue
            stands_by = False
            ended = self._run_once(gateway_id, leadership)
            if ended is Ended.MISCONFIGURED:
                stop_requested.wait(MISCONFIGURED_PAUSE_SECONDS)
            elif ended in (Ended.DISABLED, Ended.SUPERSEDED):
                stop_requested.wait(STAND_BY_SECONDS)

    def _run_once(self, gateway_id: int, leadership: Leadership) -> Ended:
        try:
            row = Gateway.objects.filter(pk=gateway_id, is_enabled=True).first()
        except (DatabaseError, InterfaceError):
            drop_connection()
            return Ended.SUPERSEDED
        if row is None:
            return Ended.DISABLED
        return Session(row, leadership).run()
