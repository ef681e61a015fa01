"""What `manage.py up` refuses before it starts anything."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from smsconsole.embedded import preflight
from smsconsole.embedded.location import DataDirUnusable
from smsconsole.embedded.refusal import StartRefused


def test_a_port_in_use_is_named_with_another_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(StartRefused, match=rf"Port {port} .* in use") as refusal:
            preflight.check_port("127.0.0.1", port)

    assert refusal.value.remedy.endswith(f"PORT={port + 1} make run")


def test_a_free_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    preflight.check_port("127.0.0.1", port)


def test_a_host_that_is_not_ours_is_refused() -> None:
    with pytest.raises(StartRefused, match="cannot be opened"):
        preflight.check_port("192.0.2.1", 8000)


def test_a_port_out_of_range_is_refused() -> None:
    with pytest.raises(StartRefused, match="Port 70000"):
        preflight.check_port("127.0.0.1", 70000)


def test_a_second_console_on_one_data_dir_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    with (
        preflight.take_lock(tmp_path, address="http://127.0.0.1:8000/"),
        pytest.raises(StartRefused, match=rf"already running: process {os.getpid()}, http://127.0.0.1:8000/"),
    ):
        preflight.take_lock(tmp_path, address="http://127.0.0.1:8001/")

    preflight.take_lock(tmp_path, address="http://127.0.0.1:8001/").close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_data_dir_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(StartRefused, match="cannot be written"):
        preflight.check_data_dir(tmp_path)


def test_a_data_dir_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(DataDirUnusable, match="cannot be used"):
        preflight.check_data_dir(Path("/proc/no-such-folder"))
