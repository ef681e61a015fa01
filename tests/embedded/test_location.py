"""How processes find the stores, and the secrets in DATA_DIR."""

from __future__ import annotations

import socket
import stat
import tempfile
from pathlib import Path

import pytest

from smsconsole.embedded import location


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    first = location.secret_from_data_dir(tmp_path, "secret-key")

    assert len(first) > 40
    assert location.secret_from_data_dir(tmp_path, "secret-key") == first
    assert location.secret_from_data_dir(tmp_path, "encryption-key") != first


def test_a_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    location.secret_from_data_dir(tmp_path, "secret-key")

    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_of_two_processes_at_once_the_first_ones_secret_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_overtaken(_: int) -> str:
        (tmp_path / "secret-key").write_text("theirs")
        return "ours"

    monkeypatch.setattr(location.secrets, "token_urlsafe", be_overtaken)

    assert location.secret_from_data_dir(tmp_path, "secret-key") == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_a_secret_is_never_seen_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    write_text = Path.write_text

    def look_meanwhile(path: Path, text: str) -> int:
        seen.append((tmp_path / "secret-key").exists())
        return write_text(path, text)

    monkeypatch.setattr(Path, "write_text", look_meanwhile)
    location.secret_from_data_dir(tmp_path, "secret-key")

    assert seen == [False]


def test_an_unusable_data_dir_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(location.DataDirUnusable, match="DATA_DIR="):
        location.secret_from_data_dir(tmp_path / "file" / "data", "secret-key")


def test_recorded_addresses_win_until_they_are_forgotten(tmp_path: Path) -> None:
    location.record_stores(tmp_path, database_url="postgresql://a@/b", redis_url="unix:///c")

    assert location.embedded_database_url(tmp_path) == "postgresql://a@/b"
    assert location.embedded_redis_url(tmp_path) == "unix:///c"

    location.forget_stores(tmp_path)

    assert str(tmp_path) in location.embedded_database_url(tmp_path)
    assert str(tmp_path) in location.embedded_redis_url(tmp_path)


def test_a_broken_record_is_like_none(tmp_path: Path) -> None:
    location.run_dir(tmp_path).mkdir()
    location.stores_file(tmp_path).write_text("{ half")

    assert str(tmp_path) in location.embedded_database_url(tmp_path)


def test_stores_that_do_not_answer_are_named(tmp_path: Path) -> None:
    with pytest.raises(location.StoresNotRunning, match=r"PostgreSQL and Valkey.*\n.*make run"):
        location.require_stores(
            database_url=location.database_url_at(tmp_path),
            redis_url=location.redis_url_at(tmp_path),
            data_dir=tmp_path,
        )


def test_stores_elsewhere_are_not_looked_at(tmp_path: Path) -> None:
    location.require_stores(
        database_url="postgresql://console@db.example/console",
        redis_url="redis://cache.example/0",
        data_dir=tmp_path,
    )

    with pytest.raises(location.StoresNotRunning, match="its Valkey below"):
        location.require_stores(
            database_url="postgresql://console@db.example/console",
            redis_url=location.redis_url_at(tmp_path),
            data_dir=tmp_path,
        )


def test_a_socket_is_bound_even_below_a_very_long_data_dir(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long-" * 30)

    path = location.socket_path(data_dir, "gateway.sock")

    assert path == location.socket_path(data_dir, "gateway.sock")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    path.unlink()
    path.parent.rmdir()


def test_a_socket_lies_below_data_dir_when_that_is_short_enough() -> None:
    with tempfile.TemporaryDirectory() as short:
        path = location.socket_path(Path(short), "gateway.sock")

        assert path == Path(short) / "run" / "gateway.sock"
