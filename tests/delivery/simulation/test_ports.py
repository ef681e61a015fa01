from __future__ import annotations

import socket
from pathlib import Path

from delivery.simulation.ports import own_port


def test_it_stays_the_same(tmp_path: Path) -> None:
    assert own_port(tmp_path / "port") == own_port(tmp_path / "port")


def test_it_moves_when_somebody_else_listens_there(tmp_path: Path) -> None:
    first = own_port(tmp_path / "port")
    with socket.create_server(("127.0.0.1", first)):
        second = own_port(tmp_path / "port")
        assert second != first
    assert own_port(tmp_path / "port") == second


def test_nonsense_in_the_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("80")
    assert own_port(tmp_path / "port") > 1024
