"""The statements behind `verify_ledger`: recounts, and searches for what may not be.

The ids from `first` to `last` are a dispatch's own, but a stream's lie among those of others; so each message is asked
whose it is.
"""

from __future__ import annotations

COUNT_STATES = """
SELECT status, count(*)::int, sum(n_segments)::int FROM delivery_message
WHERE id BETWEEN %(first)s AND %(last)s AND dispatch_id = %(dispatch)s GROUP BY status
"""
# What is handed over and not gathered yet: how many, how many of them may leave, and where they lie.
LOOSE = """
SELECT coalesce(sum(last_id - first_id + 1), 0)::int,
       coalesce(sum(last_id - first_id + 1) FILTER (WHERE gateways <> '{}'), 0)::int,
       min(first_id), max(last_id)
FROM delivery_handover WHERE dispatch_id = %(dispatch)s
"""
COUNT_COUNTERS = """
SELECT status, sum(n)::int, sum(n_segments)::int FROM (
    SELECT status, n, n_segments FROM delivery_dispatchcount WHERE dispatch_id = %(dispatch)s
    UNION ALL
    SELECT to_status, n, n_segments FROM delivery_counterdelta WHERE dispatch_id = %(dispatch)s
    UNION ALL
    SELECT from_status, -n, -n_segments FROM delivery_counterdelta
    WHERE dispatch_id = %(dispatch)s AND from_status IS NOT NULL
) moves GROUP BY status
"""
WRONG_BATCHES = """
SELECT b.id, b.n_open, counted.n
FROM delivery_batch b
CROSS JOIN LATERAL (
    SELECT (SELECT count(*) FROM delivery_message m
            WHERE m.id BETWEEN b.first_id AND b.last_id AND m.status = 0 AND m.window_id IS NULL)::int
         + (SELECT count(*) FROM delivery_window w JOIN delivery_message m ON m.window_id = w.id AND m.status = 0
            WHERE w.batch_id = b.id)::int AS n
) counted
WHERE b.dispatch_id = %(dispatch)s AND b.n_open <> counted.n ORDER BY b.id
"""
DOUBLE_PARTS = """
SELECT p.message_id FROM (
    SELECT message_id FROM delivery_messagepart
    WHERE message_id BETWEEN %(first)s AND %(last)s
    GROUP BY message_id, attempt, seq HAVING count(*) > 1
) p JOIN delivery_message m ON m.id = p.message_id AND m.dispatch_id = %(dispatch)s
ORDER BY p.message_id LIMIT 1000
"""
# Whatever has left its batch's queue was in a window of that batch.
UNCLAIMED = """
SELECT m.id FROM delivery_message m
JOIN delivery_batch b ON b.dispatch_id = %(dispatch)s AND m.id BETWEEN b.first_id AND b.last_id
WHERE m.id BETWEEN %(first)s AND %(last)s AND m.status NOT IN (0, 9, 10)
  AND NOT EXISTS (
      SELECT 1 FROM delivery_window w
      WHERE w.batch_id = b.id AND w.claimed_at IS NOT NULL AND m.id BETWEEN w.first_id AND w.last_id)
ORDER BY m.id LIMIT 1000
"""
# The same of a stream, whose batches are no ranges: the window whose claim made it leave, or at least one around it.
UNCLAIMED_OF_STREAM = """
SELECT m.id FROM delivery_message m
WHERE m.id BETWEEN %(first)s AND %(last)s AND m.dispatch_id = %(dispatch)s AND m.status NOT IN (0, 9, 10)
  AND NOT EXISTS (
      SELECT 1 FROM delivery_window w WHERE w.dispatch_id = m.dispatch_id AND w.claimed_at = m.submitted_at
          AND m.id BETWEEN w.first_id AND w.last_id)
  AND NOT EXISTS (
      SELECT 1 FROM delivery_window w WHERE w.dispatch_id = m.dispatch_id AND w.claimed_at IS NOT NULL
          AND m.id BETWEEN w.first_id AND w.last_id)
ORDER BY m.id LIMIT 1000
"""
PARTS_OF_UNSENT = """
SELECT DISTINCT m.id FROM delivery_message m
JOIN delivery_messagepart p ON p.message_id = m.id AND p.attempt = m.attempt
WHERE m.id BETWEEN %(first)s AND %(last)s AND m.dispatch_id = %(dispatch)s AND m.status IN (0, 9, 10)
ORDER BY m.id LIMIT 1000
"""
# A suspension's event is written after it got the row that claims hold, so a claim before it is older than it.
CLAIMED_WHILE_SUSPENDED = """
WITH steps AS (
    SELECT kind, created_at, lead(created_at) OVER (ORDER BY id) AS until
    FROM outbox_event WHERE subject = %(subject)s AND kind IN ('dispatch.suspended', 'dispatch.held',
        'dispatch.running', 'dispatch.cancelled')
)
SELECT w.id, extract(epoch FROM w.claimed_at - s.created_at)::float8
FROM steps s JOIN delivery_window w ON w.dispatch_id = %(dispatch)s
    AND w.claimed_at > s.created_at AND (s.until IS NULL OR w.claimed_at < s.until)
WHERE s.kind <> 'dispatch.running' ORDER BY w.id LIMIT 1000
"""
OVERDUE_WINDOWS = """
SELECT id, extract(epoch FROM clock_timestamp() - claimed_at)::float8 FROM delivery_window
WHERE dispatch_id = %(dispatch)s AND state = 1
  AND claimed_at < clock_timestamp() - (%(lease)s + %(grace)s) * interval '1 second'
ORDER BY id LIMIT 1000
"""
EVENTS = """
SELECT payload FROM outbox_event WHERE subject = %(subject)s AND kind LIKE 'messages.%%' ORDER BY id
"""
STATES = """
SELECT id, status FROM delivery_message WHERE id BETWEEN %(first)s AND %(last)s AND dispatch_id = %(dispatch)s
"""

# Every message of the dispatch that counts for the limits, or would: taken or perhaps taken, or in a window that is
# being submitted, with what its window says of it.
COUNTING = """
WITH taken AS (
    SELECT DISTINCT ON (m.id) m.id, w.holds_slots, w.counted_on, w.claimed_at
    FROM delivery_message m
    JOIN delivery_window w ON w.dispatch_id = m.dispatch_id AND w.claimed_at = m.submitted_at
        AND m.id BETWEEN w.first_id AND w.last_id
    WHERE m.id BETWEEN %(first)s AND %(last)s AND m.dispatch_id = %(dispatch)s AND m.status IN (2, 3, 4, 5, 6, 8)
    ORDER BY m.id
), leaving AS (
    SELECT m.id, w.holds_slots, w.counted_on, w.claimed_at
    FROM delivery_window w JOIN delivery_message m ON m.status = 0 AND (
        (w.is_range AND m.id BETWEEN w.first_id AND w.last_id AND m.window_id IS NULL) OR m.window_id = w.id)
    WHERE w.dispatch_id = %(dispatch)s AND w.state = 1 AND m.id BETWEEN %(first)s AND %(last)s
      AND m.dispatch_id = %(dispatch)s
)
"""
SLOTS_EXPECTED = f"""{COUNTING}
SELECT c.id, b.msisdn, c.holds_slots AND c.claimed_at > clock_timestamp() - %(seconds)s * interval '1 second'
FROM (SELECT * FROM taken UNION ALL SELECT * FROM leaving) c JOIN delivery_messagebody b ON b.message_id = c.id
WHERE b.message_id BETWEEN %(first)s AND %(last)s
"""  # noqa: S608  # nosec B608
SLOTS_HELD = """
SELECT s.msisdn, s.slots FROM delivery_numberslots s
WHERE s.project_id = %(project)s AND s.msisdn IN (
    SELECT msisdn FROM delivery_messagebody WHERE message_id BETWEEN %(first)s AND %(last)s)
"""
USAGE_EXPECTED = f"""{COUNTING}
SELECT c.counted_on, m.country, count(*)::int
FROM (SELECT * FROM taken UNION ALL SELECT * FROM leaving) c JOIN delivery_message m ON m.id = c.id
WHERE m.id BETWEEN %(first)s AND %(last)s AND c.counted_on = ANY(%(days)s::date[])
GROUP BY c.counted_on, m.country
"""  # noqa: S608  # nosec B608
USAGE_COUNTED = """
SELECT starts_on, scope, n FROM delivery_capusage WHERE project_id = %(project)s AND period = 'day'
  AND starts_on = ANY(%(days)s::date[])
"""
# Dispatches that may have sent on these days, in any zone.
DISPATCHES_OF_DAYS = """
SELECT DISTINCT d.id, d.first_id, d.first_id + d.n_reserved - 1
FROM delivery_dispatch d JOIN delivery_window w ON w.dispatch_id = d.id
WHERE d.project_id = %(project)s AND w.counted_on = ANY(%(days)s::date[])
"""

DROP_DELTAS = "DELETE FROM delivery_counterdelta WHERE dispatch_id = %(dispatch)s"
DROP_COUNTS = "DELETE FROM delivery_dispatchcount WHERE dispatch_id = %(dispatch)s"
RECOUNT = """
INSERT INTO delivery_dispatchcount (dispatch_id, status, n, n_segments)
SELECT %(dispatch)s, status, count(*), sum(n_segments) FROM delivery_message
WHERE id BETWEEN %(first)s AND %(last)s AND dispatch_id = %(dispatch)s GROUP BY status
"""
RECOUNT_BATCHES = """
UPDATE delivery_batch b SET n_open =
    (SELECT count(*) FROM delivery_message m
     WHERE m.id BETWEEN b.first_id AND b.last_id AND m.status = 0 AND m.window_id IS NULL)
  + (SELECT count(*) FROM delivery_window w JOIN delivery_message m ON m.window_id = w.id AND m.status = 0
     WHERE w.batch_id = b.id)
WHERE b.dispatch_id = %(dispatch)s
"""
RECOUNT_DISPATCH = """
UPDATE delivery_dispatch d
SET n_open = counted.n_open, n_total = counted.n_total,
    sent_at = CASE WHEN counted.n_open > 0 THEN NULL
                   WHEN d.fanout_done THEN coalesce(d.sent_at, clock_timestamp()) ELSE d.sent_at END
FROM (
    SELECT count(*) FILTER (WHERE status = 0) - %(loose_open)s AS n_open, count(*) - %(loose)s AS n_total
    FROM delivery_message WHERE id BETWEEN %(first)s AND %(last)s AND dispatch_id = %(dispatch)s
) counted
WHERE d.id = %(dispatch)s
"""
