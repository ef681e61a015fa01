"""Where the simulated gateways are asked what arrived, whatever they speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings as console_settings

from delivery.gateways.simulator import SimulatorDriver, address_of
from delivery.simulation.address import Address, parse_address
from smsconsole.embedded.location import socket_path


def own_smsc_control() -> str:
    """Where the console's own simulated SMSC is asked: the same for every process of one `DATA_DIR`."""
    return str(socket_path(console_settings.DATA_DIR, "simulated-smsc.sock"))


def control_address(kind: str, settings: Mapping[str, Any]) -> Address:
    """Where the simulation behind a gateway answers questions; raises ValueError with words for a person."""
    if kind == SimulatorDriver.kind:
        return address_of(settings)
    return parse_address(str(settings.get("control") or own_smsc_control()))
