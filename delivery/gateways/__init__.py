"""Ways out. One file per protocol; `open_driver` is the only door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery.gateways.alibaba import AlibabaDriver
from delivery.gateways.alibaba_international import AlibabaInternationalDriver
from delivery.gateways.aws import AwsDriver
from delivery.gateways.base import DrivenBy, GatewayDriver
from delivery.gateways.errors import GatewayMisconfigured
from delivery.gateways.generic_http import GenericHttpDriver
from delivery.gateways.sandbox import SandboxDriver
from delivery.gateways.simulator import SimulatorDriver
from delivery.gateways.smpp import SmppDriver
from delivery.gateways.tencent import TencentDriver
from delivery.gateways.twilio import TwilioDriver
from delivery.gateways.vonage import VonageDriver

DRIVERS: dict[str, type[GatewayDriver]] = {
    driver.kind: driver
    for driver in (
        SimulatorDriver,
        GenericHttpDriver,
        SmppDriver,
        TencentDriver,
        AlibabaDriver,
        AlibabaInternationalDriver,
        TwilioDriver,
        VonageDriver,
        AwsDriver,
        SandboxDriver,
    )
}


def open_driver(kind: str, settings: Mapping[str, Any]) -> GatewayDriver:
    """The driver of this kind, built from a gateway's settings; it connects at its first submit.

    Raises `GatewayMisconfigured` with words for the operator.
    """
    try:
        driver = DRIVERS[kind]
    except KeyError:
        raise GatewayMisconfigured(f"There is no gateway of the kind “{kind}”.") from None
    return driver(settings)


def is_driven_by_workers(kind: str) -> bool:
    """Whether the delivery workers send through gateways of this kind.

    One of an unknown kind is theirs too, so that its fault is noted and told.
    """
    driver = DRIVERS.get(kind)
    return driver is None or driver.driven_by == DrivenBy.WORKERS
