"""Anything that the OpenAPI document allows, and much that it does not, thrown at every operation.

`FUZZ_EXAMPLES` (cases of each operation) makes it longer. The seed is fixed, so a failure comes again.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.api.native.conftest import Shop
from tests.campaigns import making
from tests.factories import token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

# A request that the document allows may still be refused: for a text that is not approved, say.
EXCLUDED = "positive_data_acceptance"


def test_nothing_breaks_an_operation_or_its_promise(
    shop: Shop, live_server: LiveServer, tmp_path: Path
) -> None:
    program = fill(shop)
    ran = subprocess.run(
        [
            *(
                str(Path(sys.executable).with_name("schemathesis")),
                "run",
                f"{live_server.url}/api/openapi.json",
            ),
            *("--checks", "all", "--exclude-checks", EXCLUDED),
            *("--header", f"Authorization: Bearer {program}"),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-examples", os.environ.get("FUZZ_EXAMPLES", "6")),
            *("--seed", "7", "--generation-database", "none", "--workers", "1"),
            *("--continue-on-failure", "--warnings", "off"),
            *("--report", "ndjson", "--report-dir", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=550,
        check=False,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"},
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    thrown = sum(int(n) for n in re.findall(r"(\d+) generated", ran.stdout))
    assert thrown > 1_000, ran.stdout[-1_500:]


def fill(shop: Shop) -> str:
    """Something of everything, so that not all ids lead nowhere; the token of a key that may do all."""
    making.ready(shop.project, shop.author)
    making.sender_id(shop.project)
    return token_of(shop.key())
