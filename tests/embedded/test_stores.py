"""The embedded stores: real servers that survive what a machine does to them."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from smsconsole.embedded import home as homes
from smsconsole.embedded.location import MAX_SOCKET_PATH_BYTES
from smsconsole.embedded.refusal import StartRefused
from smsconsole.embedded.stores import LooseStores, StoreUrls

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the user")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A DATA_DIR that the stores' user can reach; pytest's own folders are closed to everybody."""
    with tempfile.TemporaryDirectory(prefix="smsconsole-stores-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
def stores(data_dir: Path) -> Iterator[LooseStores]:
    started = LooseStores(data_dir, durable=True)
    yield started
    started.stop()


def ask(urls: StoreUrls, statement: str) -> list[tuple[object, ...]]:
    with psycopg2.connect(urls.database_url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows: list[tuple[object, ...]] = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def test_data_survives_a_clean_stop(stores: LooseStores) -> None:
    urls = stores.start()
    ask(urls, "CREATE TABLE kept AS SELECT 7 AS n")
    redis.Redis.from_url(urls.redis_url).set("kept", "7")
    stores.stop()

    assert stores.start() == urls

    assert ask(urls, "SELECT n FROM kept") == [(7,)]
    assert redis.Redis.from_url(urls.redis_url).get("kept") == b"7"


def test_committed_rows_survive_kill_9(stores: LooseStores) -> None:
    urls = stores.start()
    ask(urls, "CREATE TABLE kept AS SELECT 7 AS n")
    stores.stop_one("postgres", by=signal.SIGKILL)
    stores.stop_one("valkey", by=signal.SIGKILL)

    stores.start()

    assert ask(urls, "SELECT n FROM kept") == [(7,)]


def test_every_safety_is_on(stores: LooseStores) -> None:
    urls = stores.start()

    names = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
    assert [ask(urls, f"SHOW {name}") for name in names] == [[("on",)]] * 4
    client = redis.Redis.from_url(urls.redis_url)
    assert client.config_get("append*")["appendonly"] == "yes"
    assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_nothing_listens_on_a_network(stores: LooseStores) -> None:
    urls = stores.start()

    assert ask(urls, "SHOW listen_addresses") == [("",)]
    assert redis.Redis.from_url(urls.redis_url).config_get("port") == {"port": "0"}
    assert stat.S_IMODE(stores.home.sockets.stat().st_mode) == 0o700


def test_the_consoles_role_is_no_superuser(stores: LooseStores) -> None:
    urls = stores.start()

    assert ask(urls, "SELECT current_user::text, rolsuper FROM pg_roles WHERE rolname = current_user") == [
        ("smsconsole", False)
    ]


def test_failed_statements_stay_out_of_the_log(stores: LooseStores) -> None:
    urls = stores.start()
    ask(urls, "CREATE TABLE people (msisdn text PRIMARY KEY)")
    for _ in range(2):
        try:
            ask(urls, "INSERT INTO people VALUES ('+8613800138000')")
        except psycopg2.IntegrityError:
            break

    log = stores.log.read_text()

    assert "duplicate key" in log
    assert "13800138000" not in log


@is_root
def test_no_store_runs_as_root(stores: LooseStores) -> None:
    stores.start()

    users = {psutil.Process(process.pid).username() for process in stores._processes.values()}
    assert users == {homes.SYSTEM_USER}


def test_a_pid_that_a_stranger_inherited_does_not_hinder(stores: LooseStores) -> None:
    stores.start()
    stores.stop()
    stranger = subprocess.Popen(["sleep", "600"], **stores.home.account.run_as)
    pid_file = stores.home.data / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{pid_file.parent}\n0\n5432\n")
    (stores.home.data / "valkey" / "valkey.pid").write_text(str(stranger.pid))
    try:
        assert ask(stores.start(), "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_orphan_is_ended_before_a_second_server_starts(stores: LooseStores, data_dir: Path) -> None:
    urls = stores.start()
    orphans = [process.pid for process in stores._processes.values()]
    ask(urls, "CREATE TABLE kept AS SELECT 7 AS n")

    second = LooseStores(data_dir, durable=True)
    try:
        assert ask(second.start(), "SELECT n FROM kept") == [(7,)]
        assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in orphans)
    finally:
        second.stop()


def test_a_half_made_cluster_is_made_again(stores: LooseStores) -> None:
    half = stores.home.data / "postgres" / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    assert ask(stores.start(), "SELECT 1") == [(1,)]


def test_data_of_another_version_is_refused_in_words(stores: LooseStores) -> None:
    stores.start()
    stores.stop()
    (stores.home.data / "postgres" / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(StartRefused, match="made by PostgreSQL 17; this console brings 18"):
        stores.start()


def test_a_server_that_does_not_start_says_why(stores: LooseStores) -> None:
    stores.start()
    stores.stop()
    local = stores.home.data / "postgres" / "data" / "local.conf"
    local.write_text("max_connections = many\n")

    with pytest.raises(StartRefused, match="max_connections"):
        stores.start()


def test_own_settings_in_local_conf_win(stores: LooseStores) -> None:
    stores.start()
    stores.stop()
    local = stores.home.data / "postgres" / "data" / "local.conf"
    local.write_text("max_connections = 33\n")

    assert ask(stores.start(), "SHOW max_connections") == [("33",)]


def test_a_data_dir_too_deep_for_sockets_gets_them_elsewhere(data_dir: Path) -> None:
    deep = data_dir / ("deep" * 25)
    deep.mkdir(mode=0o711)
    stores = LooseStores(deep, durable=False)
    try:
        assert ask(stores.start(), "SELECT 1") == [(1,)]
        assert len(str(stores.home.sockets / ".s.PGSQL.5432")) <= MAX_SOCKET_PATH_BYTES
        assert homes.prepare_home(deep).sockets == stores.home.sockets
    finally:
        stores.stop()
        stores.home.sockets.rmdir()


@pytest.mark.parametrize("name", ["with space", "o'clock", "back\\slash", "per%20cent", "中文", "a,b"])
def test_a_folder_may_have_any_name(data_dir: Path, name: str) -> None:
    stores = LooseStores(data_dir / name, durable=False)
    try:
        urls = stores.start()
        assert ask(urls, "SELECT 1") == [(1,)]
        assert redis.Redis.from_url(urls.redis_url).ping()
    finally:
        stores.stop()
        if not stores.home.sockets.is_relative_to(data_dir):
            stores.home.sockets.rmdir()


@is_root
def test_a_closed_parent_folder_stays_closed(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "SYSTEM_HOME", data_dir / "var-lib")
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    stores = LooseStores(closed / "data", durable=False)
    try:
        assert ask(stores.start(), "SELECT 1") == [(1,)]
    finally:
        stores.stop()

    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert stores.home.data.is_relative_to(data_dir / "var-lib")
    assert (closed / "data" / "stores").readlink() == stores.home.data
    assert any("cannot pass" in notice for notice in stores.home.notices)
    assert homes.prepare_home(closed / "data").data == stores.home.data


@is_root
def test_programs_out_of_reach_are_copied(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "SYSTEM_HOME", data_dir / "var-lib")
    account = homes.stores_account()
    can_enter = homes.Account.can_enter
    monkeypatch.setattr(
        homes.Account,
        "can_enter",
        lambda self, folder: "site-packages" not in str(folder) and can_enter(self, folder),
    )
    stores = LooseStores(data_dir / "data", durable=False)
    try:
        assert ask(stores.start(), "SELECT 1") == [(1,)]
    finally:
        stores.stop()

    assert stores.home.postgres_bin.is_relative_to(data_dir / "var-lib")
    assert stores.home.valkey_server.is_relative_to(data_dir / "var-lib")
    assert account.name == homes.SYSTEM_USER
