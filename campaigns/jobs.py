"""What an imports worker runs: fetch by id, call one service."""

from __future__ import annotations

from campaigns import fanout, services


def import_upload(upload_id: int) -> None:
    services.import_recipients(upload_id=upload_id)


def make_forecast(campaign_id: int) -> None:
    services.make_forecast(campaign_id=campaign_id)


def fan_out(campaign_id: int) -> None:
    fanout.run(campaign_id)


def drop_upload(upload_id: int) -> None:
    services.drop_upload(upload_id=upload_id)


def simulate(simulation_id: int) -> None:
    services.run_simulation(simulation_id=simulation_id)
