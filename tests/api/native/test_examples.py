"""The examples of the documentation, run as they are printed, in every language that this machine speaks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from api.native.api import openapi_document
from api.native.examples import EXAMPLES, LANGUAGES
from campaigns import services
from campaigns.models import Campaign, Upload
from campaigns.statuses import CampaignStatus
from delivery.models import Message
from tests.api.native.conftest import Shop
from tests.factories import token_of

RUNNERS = {
    "curl": [shutil.which("bash") or "", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "node": [shutil.which("node") or "", "--input-type=module", "-e"],
}
# Which variable the id in an answer goes to.
ID_OF = {"send_message": "MESSAGE_ID", "send_batch": "BATCH_ID", "create_campaign": "CAMPAIGN_ID"}


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_do_what_they_say(
    language: str, shop: Shop, live_server: LiveServer, tmp_path: Path
) -> None:
    if not RUNNERS[language][0] or (language == "curl" and not shutil.which("curl")):
        pytest.skip(f"no {language} on this machine")
    (tmp_path / "recipients.csv").write_text("Number,Name,City\n+4915123000021,Ada,Berlin\n")
    env = os.environ | {
        "SMS_URL": live_server.url,
        "SMS_KEY": token_of(shop.key()),
        "TO": "+4915123000001",
        "TEMPLATE_ID": str(shop.text.body_template.uuid),
        "SIGNATURE": shop.sign.text,
    }
    answers: dict[str, Any] = {}
    for example in EXAMPLES:
        command = [*RUNNERS[language], example.code(language)]
        ran = subprocess.run(
            command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0, f"{example.code(language)}\n{ran.stdout}\n{ran.stderr}"
        if language != "python":
            assert "error" not in ran.stdout.lower(), ran.stdout
        answer = answers[example.operation] = read(ran.stdout, language)
        if example.operation in ID_OF:
            env[ID_OF[example.operation]] = answer["id"]
        if example.operation == "upload_recipients":
            services.import_recipients(upload_id=Upload.objects.get().pk)
    assert Message.objects.count() == 3
    assert Campaign.objects.get().status == CampaignStatus.RUNNING
    if language == "curl":
        assert answers["get_message"]["reference"] == "order-20391"
        assert answers["get_batch"]["counts"] == [{"status": "waiting", "messages": 2}]
        assert answers["get_campaign_forecast"]["messages"] == 1


def read(printed: str, language: str) -> dict[str, Any]:
    """curl prints JSON; the others print their own way, in which the id is found."""
    if language == "curl":
        answer: dict[str, Any] = json.loads(printed)
        assert "code" not in answer, answer
        return answer
    words = printed.replace('"', "'").replace("'id'", "id").replace("\n", " ")
    return {"id": words.split("id: '", 1)[1].split("'", 1)[0]} if "id: '" in words else {}


def test_every_example_is_an_operation() -> None:
    operations = {
        operation["operationId"]: (method.upper(), path)
        for path, methods in openapi_document()["paths"].items()
        for method, operation in methods.items()
    }
    for example in EXAMPLES:
        method, path = operations[example.operation]
        assert method == example.method
        assert len(path.split("/")) == len(example.path.split("/"))


def test_the_examples_stand_in_the_papers() -> None:
    paper = (Path(settings.BASE_DIR) / "docs/api.md").read_text()
    for example in EXAMPLES:
        assert example.code("curl") in paper, f"docs/api.md lacks {example.operation}"
