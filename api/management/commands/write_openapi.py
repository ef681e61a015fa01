"""Keeps the OpenAPI document of the native API in the repository, so that a change of it is seen in review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from api.native.api import openapi_document

PLACE = "docs/openapi.json"


def openapi_text() -> str:
    """The document as it is kept, in English."""
    with translation.override("en"):
        return json.dumps(openapi_document(), ensure_ascii=False, indent=1) + "\n"


class Command(BaseCommand):
    help = "Write docs/openapi.json, or with --check fail when it is not what the API says about itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail when it is old.")

    def handle(self, *args: Any, **options: Any) -> None:
        place: Path = settings.BASE_DIR / PLACE
        text = openapi_text()
        if options["check"]:
            if not place.exists() or place.read_text() != text:
                raise CommandError(
                    f"{PLACE} is not what the API says. Write it with: manage.py write_openapi"
                )
            return
        place.write_text(text)
        self.stdout.write(f"wrote {PLACE}")
