"""Where the embedded stores are and how every other process finds them.

`manage.py up` records the addresses of the stores it started in `DATA_DIR/run/stores.json`; a second shell
reads them there. This module is imported by the settings: it starts nothing and opens no connection.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

DATABASE_NAME = "smsconsole"
DATABASE_ROLE = "smsconsole"
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"

# A socket's path must fit into 108 bytes with its closing zero, whatever the file system allows.
MAX_SOCKET_PATH_BYTES = 107


class DataDirUnusable(Exception):
    """`DATA_DIR` cannot be read or written; the words say what to do."""


class StoresNotRunning(Exception):
    """Nobody has started the embedded stores of this `DATA_DIR`; the words say how to."""


def run_dir(data_dir: Path) -> Path:
    """The folder of what exists only while the console runs: the lock and the stores' addresses."""
    return data_dir / "run"


def stores_file(data_dir: Path) -> Path:
    return run_dir(data_dir) / "stores.json"


def embedded_database_url(data_dir: Path) -> str:
    """The address of the running PostgreSQL, or where it would be; asking does not start it."""
    return _recorded(data_dir).get("database_url") or database_url_at(run_dir(data_dir))


def embedded_redis_url(data_dir: Path) -> str:
    """The address of the running Valkey, or where it would be; asking does not start it."""
    return _recorded(data_dir).get("redis_url") or redis_url_at(run_dir(data_dir))


def database_url_at(sockets: Path, *, database: str = DATABASE_NAME, role: str = DATABASE_ROLE) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(sockets))}"


def redis_url_at(sockets: Path) -> str:
    return f"unix://{quote(str(sockets / VALKEY_SOCKET))}"


def require_stores(*, database_url: str, redis_url: str, data_dir: Path) -> None:
    """Raise `StoresNotRunning`, in words for a person, when an embedded store does not answer.

    Stores given by `DATABASE_URL` and `REDIS_URL` are reached over the network and are not looked at.
    """
    sockets = {"PostgreSQL": _postgres_socket(database_url), "Valkey": _valkey_socket(redis_url)}
    missing = [name for name, path in sockets.items() if path and not _answers(path)]
    if missing:
        raise StoresNotRunning(
            f"The console is not running: its {' and '.join(missing)} below {data_dir} does not answer.\n"
            "Start it with `make run` in another shell and try again.\n"
            "If it runs with another DATA_DIR, or with DATABASE_URL and REDIS_URL, set them here as well."
        )


def socket_path(data_dir: Path, name: str) -> Path:
    """A place for a socket of the console's own, short enough to be bound; its folder is made, 0700.

    Every process computes the same path: below `DATA_DIR/run`, or below the system's folder for temporary
    files when `DATA_DIR` is too long.
    """
    path = run_dir(data_dir) / name
    if not fits_a_socket(path):
        digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
        path = Path(tempfile.gettempdir()) / f"smsconsole-{_owner(data_dir)}-{digest}" / name
    make_private_dir(path.parent, owner=_owner(data_dir))
    return path


def fits_a_socket(path: Path) -> bool:
    """Short enough to be bound, and without a comma, which PostgreSQL's clients take for a list of hosts."""
    return len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES and "," not in str(path)


def make_data_dir(data_dir: Path) -> None:
    """Make `data_dir` if it is missing; an existing folder's rights are never changed.

    Root's is passable, not readable, for others: its PostgreSQL runs as another user with data in it.
    """
    try:
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(data_dir, error) from error


def make_private_dir(path: Path, *, owner: int | None = None) -> None:
    """Make a folder that only its owner may enter; refuse one that somebody else made in our place.

    `owner` is a user who may have made it as well: root's shell looks for the console of an ordinary user.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_uid not in (os.geteuid(), owner):
            raise PermissionError(f"{path} belongs to another user")
    except OSError as error:
        raise _unusable(path, error) from error


def secret_from_data_dir(data_dir: Path, name: str) -> str:
    """The secret kept in `data_dir`; made on first use, readable by its owner only.

    Two processes may come at once: the complete file is linked into place, the second finds the first's.
    """
    path = data_dir / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _unusable(path, error) from error
    make_data_dir(data_dir)
    draft = data_dir / f".{name}-{secrets.token_hex(8)}"
    try:
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise _unusable(data_dir, error) from error


def record_stores(data_dir: Path, *, database_url: str, redis_url: str) -> None:
    """Tell every later process where the stores are."""
    make_private_dir(run_dir(data_dir), owner=_owner(data_dir))
    draft = stores_file(data_dir).with_suffix(".new")
    # A given address may have a password in it.
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"database_url": database_url, "redis_url": redis_url}))
    draft.replace(stores_file(data_dir))


def forget_stores(data_dir: Path) -> None:
    stores_file(data_dir).unlink(missing_ok=True)


def _recorded(data_dir: Path) -> dict[str, str]:
    try:
        recorded: dict[str, str] = json.loads(stores_file(data_dir).read_text())
    except (OSError, ValueError):
        return {}
    return recorded


def _owner(data_dir: Path) -> int:
    try:
        return data_dir.stat().st_uid
    except OSError:
        return os.geteuid()


def _postgres_socket(url: str) -> Path | None:
    folder = parse_qs(urlsplit(url).query).get("host", [""])[0]
    return Path(folder) / POSTGRES_SOCKET if folder.startswith("/") else None


def _valkey_socket(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(parts.path) if parts.scheme == "unix" else None


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


def _unusable(path: Path, error: OSError) -> DataDirUnusable:
    return DataDirUnusable(
        f"{path} cannot be used: {error.strerror or error}.\n"
        "The console keeps its database, its keys and uploaded files in DATA_DIR.\n"
        "Give it a folder it may write to, for example: DATA_DIR=$HOME/smsconsole-data make run"
    )
