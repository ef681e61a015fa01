"""Real stores for everything that needs them: a pytest plugin, and a runner for other commands.

Without `DATABASE_URL` and `REDIS_URL` it starts a PostgreSQL and a Valkey of its own in a temporary folder,
before Django reads its settings, and stops them at the end. `python -m tests.stores manage.py check` runs a
command beside such stores. With `--durable` they are always its own and keep every safety on, for measurements.
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


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(args: list[str]) -> Generator[None, None, None]:
    if not {"-h", "--help", "--version", "-V"} & set(args):
        provide_stores(durable="TEST_STORES_DURABLE" in os.environ)
    return (yield)


def provide_stores(*, durable: bool) -> None:
    """Put a private DATA_DIR and the stores' addresses into this process's environment.

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
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    stores = LooseStores(data_dir, durable=durable)
    atexit.register(stores.stop)
    urls = stores.start()
    os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or urls.database_url
    os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or urls.redis_url


def main(arguments: list[str]) -> int:
    durable = arguments[:1] == ["--durable"]
    if durable:
        # A measurement fills its database: never one that somebody uses.
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
    provide_stores(durable=durable)
    return subprocess.run([sys.executable, *arguments[durable:]]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
