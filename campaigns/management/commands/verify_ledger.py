"""Assert the console's invariants over everything that was sent, or over one campaign."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.ledger import check_campaign
from campaigns.models import Campaign
from delivery.ledger import Breach, check_dispatch, check_usage, rebuild_counters
from delivery.models import Dispatch


class Command(BaseCommand):
    help = (
        "Check that every row is accounted for, nothing was sent twice and the counters are right."
        " Exit status: 0 all invariants hold, 1 one is broken, 2 wrong call."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--campaign", metavar="ID", help="only this campaign (the id in its address)")
        parser.add_argument("--repair", action="store_true", help="rebuild wrong counters from the messages")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")

    def handle(self, *, campaign: str | None, repair: bool, **options: Any) -> None:
        campaigns = self._campaigns(campaign)
        breaches = list(self._check(campaigns, with_others=campaign is None))
        n_repaired = self._repair(breaches) if repair else 0
        if n_repaired:
            breaches = list(self._check(campaigns, with_others=campaign is None))
        self._report(len(campaigns), breaches, n_repaired, as_json=options["json"])
        if breaches:
            sys.exit(1)

    def _campaigns(self, campaign_id: str | None) -> list[Campaign]:
        chosen = Campaign.objects.select_related("dispatch", "signature_revision", "body_template_revision")
        if campaign_id is None:
            return list(chosen.order_by("id"))
        try:
            found = list(chosen.filter(uuid=campaign_id))
        except ValidationError:
            found = []
        if not found:
            raise CommandError(
                f"There is no campaign {campaign_id}. Its id is the last part of its page's address.",
                returncode=2,
            )
        return found

    def _check(self, campaigns: list[Campaign], *, with_others: bool) -> Iterator[Breach]:
        for campaign in campaigns:
            yield from check_campaign(campaign)
        if with_others:
            own = [campaign.dispatch_id for campaign in campaigns if campaign.dispatch_id]
            for dispatch_id in Dispatch.objects.exclude(pk__in=own).values_list("pk", flat=True):
                yield from check_dispatch(dispatch_id)
            for project_id in (
                Dispatch.objects.values_list("project", flat=True).distinct().order_by("project")
            ):
                yield from check_usage(project_id)

    def _repair(self, breaches: list[Breach]) -> int:
        owners = {breach.owner for breach in breaches if breach.invariant == 2}
        dispatch_ids = list(Dispatch.objects.filter(owner__in=owners).values_list("pk", flat=True))
        for dispatch_id in dispatch_ids:
            rebuild_counters(dispatch_id)
        return len(dispatch_ids)

    def _report(self, n_campaigns: int, breaches: list[Breach], n_repaired: int, *, as_json: bool) -> None:
        if as_json:
            found = {
                "campaigns": n_campaigns,
                "repaired": n_repaired,
                "breaches": [asdict(b) for b in breaches],
            }
            self.stdout.write(json.dumps(found))
            return
        for breach in breaches:
            self.stdout.write(f"invariant {breach.invariant} · {breach.owner} · {breach.what}")
        if n_repaired:
            self.stdout.write(f"Counters of {n_repaired} dispatches were rebuilt.")
        if not breaches:
            self.stdout.write(f"Every invariant holds. Campaigns checked: {n_campaigns}.")
