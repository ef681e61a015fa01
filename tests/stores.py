"""Real stores for everything that needs them: a pytest plugin, and a runner for other commands.

Without `DATABASE_URL` and `REDIS_URL` it starts a PostgreSQL and a Valkey of its own in a temporary folder,
before Django reads its settings, and stops them at the end. Of processes side by side each has stores of its own,
whatever is given, and the one that only leads them has none. `python -m tests.stores manage.py check` runs a command
beside such stores. With `--durable` they are always its own and keep every safety on, for measurements.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from smsconsole.embedded.stores import LooseStores
from tests.side_by_side import is_controller, is_worker


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str]
) -> Generator[None, None, None]:
    if not {"-h", "--help", "--version", "-V"} & set(args):
        if is_worker():
            forget_given_stores()
        prepare_data_dir()
        if not is_controller(early_config):
            provide_stores(durable="TEST_STORES_DURABLE" in os.environ)
    return (yield)


def prepare_data_dir() -> Path:
    """Put a private DATA_DIR into this process's environment.

    The DATA_DIR of the shell is never used: it may belong to a console that is at work.
    """
    data_dir = Path(tempfile.mkdtemp(prefix="smsconsole-tests-"))
    # Root's PostgreSQL runs as another user, who has to pass.
    data_dir.chmod(0o711)
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
    os.environ["DATA_DIR"] = str(data_dir)
    static_root = data_dir / "static"
    static_root.mkdir()
    os.environ["STATIC_ROOT"] = str(static_root)
    return data_dir


def provide_stores(*, durable: bool) -> None:
    """Put the stores' addresses into this process's environment; started in DATA_DIR unless both are given."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    stores = LooseStores(Path(os.environ["DATA_DIR"]), durable=durable)
    atexit.register(stores.stop)
    urls = stores.start()
    os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or urls.database_url
    os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or urls.redis_url


def forget_given_stores() -> None:
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("REDIS_URL", None)


def main(arguments: list[str]) -> int:
    durable = arguments[:1] == ["--durable"]
    if durable:
        # A measurement fills its database: never one that somebody uses.
        forget_given_stores()
    prepare_data_dir()
    provide_stores(durable=durable)
    return subprocess.run([sys.executable, *arguments[durable:]]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
