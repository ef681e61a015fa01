"""What reviews need again and again, in the scheduler. It finds its work in PostgreSQL."""

from __future__ import annotations

from smsconsole.beats import Beat
from templates_app import services

BEATS = [Beat("tell-overdue-reviews", 60.0, services.tell_overdue_reviews)]
