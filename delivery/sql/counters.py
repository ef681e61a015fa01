"""The statements of counters: folding what changed, and reading what has become of a dispatch.

Numbers inside are `MessageStatus` and `WindowState`, as in `sending.py`.
"""

from __future__ import annotations

# What an hour counts of a delta `t` of dispatch `d`, as `s (status)`. What was asked for counts once: a message that
# goes back to the queue was asked for before. One whose fate was unknown, or that a person called failed, was taken
# all the same once a receipt comes. What only tries the interfaces is no traffic.
_OF_THE_HOUR = """
CROSS JOIN LATERAL unnest(CASE WHEN t.from_status IN (7, 8) AND t.to_status BETWEEN 3 AND 6
    THEN ARRAY[2, t.to_status] ELSE ARRAY[t.to_status] END::smallint[]) AS s (status)
"""
_COUNTED_BY_HOUR = (
    "d.tags ? 'kind' AND NOT d.tags ? 'sandbox' AND (t.to_status <> 0 OR t.from_status IS NULL)"
)

# Folding takes the deltas away in the transaction that adds them: exactly once, whatever dies.
FOLD_DELTAS = f"""
WITH taken AS (
    DELETE FROM delivery_counterdelta WHERE id IN (SELECT id FROM delivery_counterdelta ORDER BY id LIMIT %(limit)s)
    RETURNING dispatch_id, hour, from_status, to_status, n, n_segments
), moves AS (
    SELECT dispatch_id, to_status AS status, n, n_segments FROM taken
    UNION ALL
    SELECT dispatch_id, from_status, -n, -n_segments FROM taken WHERE from_status IS NOT NULL
), sums AS (
    SELECT dispatch_id, status, sum(n) AS n, sum(n_segments) AS n_segments FROM moves GROUP BY dispatch_id, status
), folded AS (
    INSERT INTO delivery_dispatchcount AS c (dispatch_id, status, n, n_segments)
    SELECT dispatch_id, status, n, n_segments FROM sums ORDER BY dispatch_id, status
    ON CONFLICT (dispatch_id, status) DO UPDATE
    SET n = c.n + excluded.n, n_segments = c.n_segments + excluded.n_segments
), by_hour AS (
    INSERT INTO delivery_hourcount AS h (project_id, hour, kind, status, n, n_segments)
    SELECT d.project_id, t.hour, d.tags ->> 'kind', s.status, sum(t.n), sum(t.n_segments)
    FROM taken t JOIN delivery_dispatch d ON d.id = t.dispatch_id {_OF_THE_HOUR}
    WHERE {_COUNTED_BY_HOUR}
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (project_id, hour, kind, status) DO UPDATE
    SET n = h.n + excluded.n, n_segments = h.n_segments + excluded.n_segments
)
SELECT count(*) FROM taken
"""  # nosec B608 # noqa: S608  (only constants of this module are put in)
READ_COUNTS = """
SELECT status, sum(n)::int, sum(n_segments)::int FROM (
    SELECT status, n, n_segments FROM delivery_dispatchcount WHERE dispatch_id = %(dispatch)s
    UNION ALL
    SELECT to_status, n, n_segments FROM delivery_counterdelta WHERE dispatch_id = %(dispatch)s
    UNION ALL
    SELECT from_status, -n, -n_segments FROM delivery_counterdelta
    WHERE dispatch_id = %(dispatch)s AND from_status IS NOT NULL
) moves GROUP BY status
"""
FOLD_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('delivery.fold_deltas'))"
ADD_SAMPLES = """
INSERT INTO delivery_dispatchsample (dispatch_id, at, n_left_console)
SELECT id, clock_timestamp(), n_total - n_open FROM delivery_dispatch
WHERE sent_at IS NULL AND n_total > 0 AND NOT is_stream
"""
DROP_OLD_SAMPLES = "DELETE FROM delivery_dispatchsample WHERE at < clock_timestamp() - interval '10 minutes'"
# Messages per second over the last minute of sending.
READ_RATE = """
SELECT (max(n_left_console) - min(n_left_console))
       / nullif(extract(epoch FROM max(at) - min(at)), 0)::float8
FROM delivery_dispatchsample
WHERE dispatch_id = %(dispatch)s AND at > clock_timestamp() - interval '60 seconds'
"""
IN_FLIGHT = """
SELECT id, is_range, first_id, last_id, n_messages FROM delivery_window
WHERE dispatch_id = %(dispatch)s AND state = 1 ORDER BY id
"""
READ_MANY_COUNTS = """
SELECT dispatch_id, status, sum(n)::int FROM (
    SELECT dispatch_id, status, n FROM delivery_dispatchcount WHERE dispatch_id = ANY(%(ids)s::bigint[])
    UNION ALL
    SELECT dispatch_id, to_status, n FROM delivery_counterdelta WHERE dispatch_id = ANY(%(ids)s::bigint[])
    UNION ALL
    SELECT dispatch_id, from_status, -n FROM delivery_counterdelta
    WHERE dispatch_id = ANY(%(ids)s::bigint[]) AND from_status IS NOT NULL
) moves GROUP BY dispatch_id, status
"""
READ_MANY_RATES = """
SELECT dispatch_id, (max(n_left_console) - min(n_left_console))
       / nullif(extract(epoch FROM max(at) - min(at)), 0)::float8
FROM delivery_dispatchsample
WHERE dispatch_id = ANY(%(ids)s::bigint[]) AND at > clock_timestamp() - interval '60 seconds'
GROUP BY dispatch_id
"""
# Of a blocked message's code (`rule:n:seconds:time`) the time is left out: it is another one for each number.
FAILURES_BY_REASON = """
SELECT m.status, m.reason, c.code, count(*)
FROM delivery_message m
CROSS JOIN LATERAL (SELECT CASE WHEN m.status = 9 THEN regexp_replace(m.code, '[^:]*$', '') ELSE m.code END) c (code)
WHERE m.dispatch_id = %(dispatch)s AND m.rare_status IS NOT NULL
GROUP BY m.status, m.reason, c.code ORDER BY count(*) DESC, m.status, m.reason LIMIT 100
"""

# Of a project between two hours, folded and not yet folded.
TOTALS = f"""
SELECT status, sum(n)::bigint, sum(n_segments)::bigint FROM (
    SELECT status, n, n_segments FROM delivery_hourcount
    WHERE project_id = %(project)s AND hour >= %(begin)s AND hour < %(end)s
    UNION ALL
    SELECT s.status, t.n, t.n_segments
    FROM delivery_counterdelta t JOIN delivery_dispatch d ON d.id = t.dispatch_id {_OF_THE_HOUR}
    WHERE d.project_id = %(project)s AND t.hour >= %(begin)s AND t.hour < %(end)s AND {_COUNTED_BY_HOUR}
) counted GROUP BY status
"""  # nosec B608 # noqa: S608
# Why receipts said no (status 4 to 6). Each dispatch by the index of rare statuses, whatever the planner believes.
FAILED_RECEIPTS = """
WITH d AS MATERIALIZED (
    SELECT id FROM delivery_dispatch
    WHERE project_id = %(project)s AND created_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(begin)s)
      AND tags ? 'kind' AND NOT tags ? 'sandbox'
)
SELECT m.reason, count(*) FROM d CROSS JOIN LATERAL (
    SELECT reason FROM delivery_message
    WHERE dispatch_id = d.id AND rare_status IN (4, 5, 6) AND final_at >= %(begin)s AND final_at < %(end)s
    OFFSET 0
) m GROUP BY m.reason
"""
