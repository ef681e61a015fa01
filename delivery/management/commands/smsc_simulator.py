"""Run the simulated SMSC, or speak to the running one."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from delivery.gateways.simulated import own_smsc_control
from delivery.services import ensure_simulated_smsc
from delivery.simulation import control
from delivery.simulation.address import Address, parse_address
from delivery.simulation.ledger import LedgerInUse
from delivery.simulation.options import add_script_options, given_script_options
from delivery.simulation.ports import own_port
from delivery.simulation.server import AddressInUse
from delivery.simulation.smsc_script import SmscScript
from delivery.simulation.smsc_server import leave, serve_smsc

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Run the simulated SMSC: an SMPP 3.4 server that writes what it takes to its ledger and sends receipts as "
        "scripted. With --change, --stats or --check it speaks to the running one instead."
    )

    # It has no pages; loading them for the checks would double its memory and its time to start.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="where to listen (default: this machine only)"
        )
        parser.add_argument(
            "--port",
            type=int,
            help="where to listen for SMPP (default: a free port, kept in DATA_DIR, at which a gateway is set up)",
        )
        parser.add_argument("--control", help="socket path for questions (default: a socket below DATA_DIR)")
        parser.add_argument(
            "--ledger", type=Path, help="append-only file (default: simulated-smsc/ledger.jsonl in DATA_DIR)"
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
        add_script_options(parser, SmscScript)

    def handle(self, **options: Any) -> None:
        script_values = given_script_options(SmscScript, options)
        try:
            address = parse_address(options["control"] or own_smsc_control())
            if not address.path:
                raise ValueError("--control takes the path of a socket.")
            if options["change"]:
                self._print(control.change_script(address, script_values))
            elif options["stats"]:
                self._print(control.read_stats(address))
            elif options["check"]:
                self._check(address)
            else:
                self._serve(address, SmscScript().changed(script_values), options)
        except (ValueError, control.SimulationUnavailable) as error:
            raise CommandError(str(error)) from None

    def _serve(self, address: Address, script: SmscScript, options: dict[str, Any]) -> None:
        folder = settings.DATA_DIR / "simulated-smsc"
        ledger = options["ledger"] or folder / "ledger.jsonl"
        host, port = options["host"], options["port"]
        try:
            if port is None:
                port = own_port(folder / "port", host=host)
                _offer_gateway(port)
            serve_smsc(
                host=host,
                port=port,
                control=address,
                ledger=ledger,
                script=script,
                when_ready=lambda: log.info("simulated SMSC listens at %s:%d ledger=%s", host, port, ledger),
            )
        except LedgerInUse as error:
            raise CommandError(str(error)) from None
        except AddressInUse as error:
            self.stderr.write(f"CommandError: {error}")
            leave(1)
        except OSError as error:
            raise CommandError(f"The simulated SMSC cannot start at {host}:{port}: {error}") from None
        leave()

    def _check(self, address: Address) -> None:
        references = control.check_doubles(address)
        self._print({"n_doubles": len(references), "references": references})
        if references:
            raise CommandError("The ledger holds submits that should never have come.")

    def _print(self, values: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(values))


def _offer_gateway(port: int) -> None:
    """Let the demo send over SMPP. Without a database the gateway is made at a later start."""
    try:
        ensure_simulated_smsc(port=port)
    except DatabaseError as error:
        log.warning("the simulated SMSC is not set up as a gateway yet error=%s", type(error).__name__)
    finally:
        connection.close()
