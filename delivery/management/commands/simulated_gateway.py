"""Run the simulated gateway, or speak to the running one."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from delivery.gateways.base import ReceiptEvent, ReceiptState, ReplyEvent
from delivery.gateways.simulator import SimulatorDriver, own_address
from delivery.models import Gateway
from delivery.services import ensure_simulated_gateway, store_receipts, store_replies
from delivery.simulation import control
from delivery.simulation.address import Address, parse_address
from delivery.simulation.courier import Receipt
from delivery.simulation.ledger import LedgerInUse
from delivery.simulation.options import add_script_options, given_script_options
from delivery.simulation.script import Script
from delivery.simulation.server import AddressInUse, PhoneReply, TakeReply, serve

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Run the simulated gateway: it takes submits, writes them to its ledger and sends receipts as scripted. "
        "With --change, --stats or --check it speaks to the running one instead."
    )

    # It has no pages; loading them for the checks would double its memory and its time to start.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--gateway",
            metavar="SLUG",
            help="whose receipts these are (default: the first simulated gateway)",
        )
        parser.add_argument("--address", help="socket path or host:port (default: a socket below DATA_DIR)")
        parser.add_argument(
            "--ledger",
            type=Path,
            help="append-only file (default: simulated-gateway/ledger.jsonl in DATA_DIR)",
        )
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument(
            "--change", action="store_true", help="give the running one these script options"
        )
        instead.add_argument(
            "--stats", action="store_true", help="print what the running one counted, as JSON"
        )
        instead.add_argument(
            "--check", action="store_true", help="print doubled submits; exit 1 if there are any"
        )
        add_script_options(parser, Script)

    def handle(self, **options: Any) -> None:
        script_values = given_script_options(Script, options)
        try:
            address = parse_address(options["address"] or own_address())
            if options["change"]:
                self._print(control.change_script(address, script_values))
            elif options["stats"]:
                self._print(control.read_stats(address))
            elif options["check"]:
                self._check(address)
            else:
                ledger = options["ledger"] or settings.DATA_DIR / "simulated-gateway" / "ledger.jsonl"
                self._serve(address, ledger, Script().changed(script_values), options["gateway"])
        except (ValueError, control.SimulationUnavailable) as error:
            raise CommandError(str(error)) from None

    def _serve(self, address: Address, ledger: Path, script: Script, slug: str | None) -> None:
        if slug is None:
            _offer_gateway()
        try:
            serve(
                address=address,
                ledger=ledger,
                script=script,
                deliver=_deliver_to(slug),
                take_reply=_take_reply_for(slug),
                when_ready=lambda: log.info("simulated gateway listens at %s ledger=%s", address, ledger),
            )
        except (LedgerInUse, AddressInUse) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The simulated gateway cannot start at {address}: {error}") from None

    def _check(self, address: Address) -> None:
        references = control.check_doubles(address)
        self._print({"n_doubles": len(references), "references": references})
        if references:
            raise CommandError("The ledger holds submits that should never have come.")

    def _print(self, values: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(values))


def _deliver_to(slug: str | None) -> Callable[[Sequence[Receipt], datetime], None]:
    """Store receipts as this gateway's, whose row may be made after this process has started."""
    gateway_id: int | None = None

    def deliver(receipts: Sequence[Receipt], reported_at: datetime) -> None:
        nonlocal gateway_id
        try:
            if gateway_id is None:
                gateway_id = _find_gateway(slug)
            store_receipts(
                gateway_id=gateway_id,
                events=[
                    ReceiptEvent(
                        receipt.gateway_message_id,
                        ReceiptState(receipt.state),
                        receipt.code,
                        reported_at,
                        receipt.reference,
                        receipt.msisdn,
                    )
                    for receipt in receipts
                ],
            )
        except (OperationalError, InterfaceError):
            # PostgreSQL went away; the next attempt needs a connection of its own.
            connection.close()
            raise

    return deliver


def _take_reply_for(slug: str | None) -> TakeReply:
    """Store replies as this gateway's."""

    def take_reply(reply: PhoneReply) -> None:
        try:
            event = ReplyEvent(reply.msisdn, reply.text, reply.destination, reply.gateway_reply_id)
            store_replies(gateway_id=_find_gateway(slug), events=[event])
        except (OperationalError, InterfaceError):
            connection.close()
            raise

    return take_reply


def _offer_gateway() -> None:
    """Let an installation without a carrier send through this one. Without a database it is made at a later start."""
    try:
        ensure_simulated_gateway()
    except DatabaseError as error:
        log.warning("the simulated gateway is not set up yet error=%s", type(error).__name__)
    finally:
        connection.close()


def _find_gateway(slug: str | None) -> int:
    if slug is None:
        return ensure_simulated_gateway().pk
    return Gateway.objects.get(kind=SimulatorDriver.kind, slug=slug).pk
