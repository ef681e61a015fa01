"""Where the embedded stores live and how the other processes reach them."""

from __future__ import annotations

import secrets
from pathlib import Path


def embedded_database_url(data_dir: Path) -> str:
    return f"postgresql:///smsconsole?host={data_dir}/run"


def embedded_redis_url(data_dir: Path) -> str:
    return f"unix://{data_dir}/run/valkey.sock"


def secret_from_data_dir(data_dir: Path, name: str) -> str:
    """The secret kept in `data_dir`; made on first use, readable by its owner only."""
    path = data_dir / name
    if not path.exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()
