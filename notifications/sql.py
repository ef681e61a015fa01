"""The statements that follow the outbox and hand out deliveries, each with the reason why it is written so."""

from __future__ import annotations

ENSURE_POSITION = """
INSERT INTO notifications_readposition (name, xid, last_id) VALUES ('outbox', 0, 0) ON CONFLICT DO NOTHING
"""

# Whoever holds the row reads alone; a second scheduler finds nothing to do instead of waiting.
LOCK_POSITION = (
    "SELECT xid, last_id FROM notifications_readposition WHERE name = 'outbox' FOR UPDATE SKIP LOCKED"
)

# Behind the oldest running transaction, in (xid, id) order: no event that commits late is ever skipped. Events of
# messages are most of the table and nobody's news: the partial index knows only the others.
READ_EVENTS = """
SELECT xid::text::bigint, id, kind, subject, payload, created_at FROM outbox_event
WHERE (xid, id) > (%(xid)s::text::xid8, %(last_id)s::bigint)
  AND xid < pg_snapshot_xmin(pg_current_snapshot()) AND kind NOT LIKE 'messages.%%'
ORDER BY xid, id LIMIT %(limit)s
"""

MOVE_POSITION = "UPDATE notifications_readposition SET xid = %(xid)s, last_id = %(id)s WHERE name = 'outbox'"

# Takes what is due and puts its next try into the future in the same moment: a sender that dies leaves it to be
# tried again, and two senders never hold the same one.
TAKE_DUE = """
UPDATE notifications_delivery SET n_attempts = n_attempts + 1,
    next_try_at = clock_timestamp() + make_interval(secs => (%(backoff)s::int[])[least(n_attempts + 1, %(max)s)])
WHERE id IN (
    SELECT id FROM notifications_delivery WHERE state = 'waiting' AND next_try_at <= clock_timestamp()
    ORDER BY next_try_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING id
"""
