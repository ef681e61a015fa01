from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from api.management.commands.write_openapi import PLACE, openapi_text
from api.native.api import openapi_document
from api.native.codes import ALL_CODES, CodeGroup
from api.sending.orders import Refusal


def test_the_document_in_the_repository_is_what_the_api_says() -> None:
    kept = Path(settings.BASE_DIR / PLACE).read_text()
    assert kept == openapi_text(), "write it with: manage.py write_openapi"


def test_the_check_notices_an_old_document(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    with pytest.raises(CommandError, match="write_openapi"):
        call_command("write_openapi", "--check")
    call_command("write_openapi", stdout=StringIO())
    call_command("write_openapi", "--check")


@pytest.mark.usefixtures("admin")
def test_it_is_served(client: Client) -> None:
    response = client.get(reverse("api-openapi"), headers={"Accept-Language": "zh-hans"})
    assert response.json() == openapi_document()


def test_every_code_that_an_operation_documents_has_a_page() -> None:
    text = openapi_text()
    assert ALL_CODES
    for path, methods in openapi_document()["paths"].items():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if not status.startswith("2"):
                    names = answer["description"].removeprefix("Codes: ").replace("`", "").split(", ")
                    assert {ALL_CODES[name].status for name in names} == {int(status)}, path
    assert "http://testserver" not in text


def test_every_refusal_of_an_order_has_a_page() -> None:
    assert set(Refusal) <= set(ALL_CODES)


def test_every_code_says_what_happened_why_and_what_to_do() -> None:
    for code in ALL_CODES.values():
        assert 400 <= code.status < 600
        assert code.group in CodeGroup
        assert all(str(words).strip() for words in (code.title, code.why, code.advice)), code.code
        assert not str(code.title).endswith("."), code.code
        assert str(code.why).endswith("."), code.code
        assert str(code.advice).endswith("."), code.code


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("code", ALL_CODES)
def test_every_code_has_its_page(code: str, client: Client) -> None:
    page = client.get(reverse("api-error", args=[code])).content.decode()
    assert f"<code>{code}</code>" in page
    assert f"/api/errors/{code}/" in page
    assert code in client.get(reverse("api-errors")).content.decode()


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("language", ["curl", "python", "node", "cobol"])
def test_the_examples_are_shown_in_each_language(language: str, client: Client) -> None:
    page = client.get(reverse("api-docs"), {"language": language}).content.decode()
    expected = {"python": "import requests", "node": "await fetch"}.get(language, "curl -sS")
    assert page.count(expected) >= 10
