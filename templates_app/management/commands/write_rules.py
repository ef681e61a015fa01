"""Write `docs/rules.md`: every rule with its source, an example that it refuses and one that it allows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from templates_app.rule_tables import rules_document


class Command(BaseCommand):
    help = "Write docs/rules.md from the rules and their examples."

    def handle(self, *_args: Any, **_options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "rules.md"
        path.write_text(rules_document(), encoding="utf-8")
        self.stdout.write(f"{path} is written.")
