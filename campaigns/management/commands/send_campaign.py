"""`manage.py send_campaign`: a campaign from a file to its last receipt, as on the send page."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from campaigns import shell
from campaigns.errors import CampaignsError
from campaigns.models import Campaign, Forecast, Upload
from campaigns.queries import CampaignProgress
from campaigns.statuses import CampaignStatus
from projects.errors import ProjectsError
from smsconsole.embedded.location import StoresNotRunning, require_stores

EXIT_REFUSED = 1
EXIT_WRONG_CALL = 2
_BAR_WIDTH = 30
_DEFAULT_TIMEOUT_SECONDS = 3600


class Command(BaseCommand):
    help = (
        "Send a campaign through the running console and wait until its receipts are in. "
        "Exit code 0 done, 1 refused or not done, 2 wrong call."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="name or slug of the project")
        parser.add_argument("--template", required=True, help="Template name; the region follows from it")
        parser.add_argument("--signature", required=True, help="Signature name, without its brackets")
        parser.add_argument("--file", required=True, type=Path, help="an .xlsx or .csv file of recipients")
        parser.add_argument(
            "--schedule",
            metavar="ISO",
            help="send then: 2026-11-21T10:00, in the project's zone or with an offset",
        )
        parser.add_argument(
            "--yes", action="store_true", help="send without asking; noted in the campaign's timeline"
        )
        parser.add_argument("--json", action="store_true", help="one line of JSON, the last on stdout")
        parser.add_argument("--as", dest="person", default="", metavar="EMAIL", help="the operator who sends")
        parser.add_argument(
            "--timeout",
            type=float,
            default=_DEFAULT_TIMEOUT_SECONDS,
            metavar="SECONDS",
            help="how long to wait for the last receipt (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            require_stores(
                database_url=settings.DATABASE_URL, redis_url=settings.REDIS_URL, data_dir=settings.DATA_DIR
            )
            self._run(options)
        except shell.WrongCall as error:
            raise CommandError(str(error), returncode=EXIT_WRONG_CALL) from error
        except (StoresNotRunning, shell.Refused, CampaignsError, ProjectsError) as error:
            raise CommandError(str(error), returncode=EXIT_REFUSED) from error

    def _run(self, options: dict[str, Any]) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise shell.WrongCall(_("There is no file %s.") % file)
        choice = shell.choose(
            project=options["project"],
            template=options["template"],
            signature=options["signature"],
            person=options["person"],
        )
        bar = _Bar(self.stderr)
        wall = _read_time(options["schedule"])
        campaign, upload = shell.prepare(choice, file=file, wall=wall, show=bar.show)
        bar.end()
        self._ask(campaign, upload, is_sure=options["yes"])
        started = time.monotonic()
        campaign = shell.confirm(campaign, by=choice.person)
        progress = None
        if campaign.status != CampaignStatus.SCHEDULED:
            progress = shell.wait_until_done(campaign, timeout_seconds=options["timeout"], show=bar.show)
            bar.end()
        self._report(campaign, upload, progress, time.monotonic() - started, as_json=options["json"])

    def _ask(self, campaign: Campaign, upload: Upload, *, is_sure: bool) -> None:
        forecast = Forecast.objects.get(campaign=campaign)
        self.stderr.write(
            _(
                "%(rows)s rows: %(refused)s refused, %(duplicates)s duplicates. "
                "%(messages)s messages (%(segments)s segments) to %(people)s people."
            )
            % {
                "rows": upload.n_rows,
                "refused": upload.n_refused,
                "duplicates": upload.n_duplicates,
                "messages": forecast.n_messages,
                "segments": forecast.n_segments,
                "people": forecast.n_people,
            }
        )
        if is_sure:
            return
        if not sys.stdin.isatty():
            raise shell.Refused(_("Nobody is there to confirm; give --yes to send without being asked."))
        self.stderr.write(_("Send “%(name)s”? Type yes: ") % {"name": campaign.name}, ending="")
        if input().strip().lower() != "yes":
            raise shell.Refused(_("Not sent. The draft is kept."))

    def _report(
        self,
        campaign: Campaign,
        upload: Upload,
        progress: CampaignProgress | None,
        seconds: float,
        *,
        as_json: bool,
    ) -> None:
        figures = {
            "campaign": str(campaign.uuid),
            "rows": upload.n_rows,
            "refused": upload.n_refused,
            "duplicates": upload.n_duplicates,
            "messages": upload.n_sendable,
            "delivered": progress.delivered if progress else 0,
            "failed": progress.failed if progress else 0,
            "blocked": progress.blocked if progress else 0,
            "cancelled": progress.cancelled if progress else 0,
            "uncertain": progress.uncertain if progress else 0,
            "segments": progress.segments_taken if progress else 0,
            "seconds": round(seconds, 3),
        }
        if as_json:
            self.stdout.write(json.dumps(figures))
        elif progress is None:
            self.stdout.write(
                _("Scheduled for %(time)s (%(zone)s).")
                % {"time": campaign.scheduled_local, "zone": campaign.time_zone}
            )
        else:
            self.stdout.write(", ".join(f"{value} {name}" for name, value in list(figures.items())[1:]))


def _read_time(written: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(written) if written else None
    except ValueError as error:
        raise shell.WrongCall(_("“%s” is not a time such as 2026-11-21T10:00.") % written) from error


class _Bar:
    """A progress bar on stderr: rewritten in place on a terminal, a line per tenth elsewhere."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._is_terminal = bool(getattr(stream, "isatty", lambda: False)())
        self._shown = ("", -1)

    def show(self, what: str, share: float, words: str) -> None:
        tenth = int(share * 10)
        filled = round(share * _BAR_WIDTH)
        line = f"{what:<8} [{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {share:4.0%}  {words}"
        if self._is_terminal:
            self._stream.write(f"\r{line}\033[K", ending="")
        elif (what, tenth) != self._shown:
            self._stream.write(line)
        self._shown = (what, tenth)

    def end(self) -> None:
        if self._is_terminal:
            self._stream.write("")
