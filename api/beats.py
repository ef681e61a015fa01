"""What the interfaces need again and again, in the scheduler. It finds its work in PostgreSQL."""

from __future__ import annotations

from api.sending.answers import drop_old_answers
from smsconsole.beats import Beat

BEATS = [Beat("drop-old-answers", 60.0, drop_old_answers)]
