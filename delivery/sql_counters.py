"""The statements of counters: folding what changed, and reading what has become of a dispatch.

Numbers inside are `MessageStatus` and `WindowState`, as in `sql.py`.
"""

from __future__ import annotations

# Folding takes the deltas away in the transaction that adds them: exactly once, whatever dies.
FOLD_DELTAS = """
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
    SELECT d.project_id, t.hour, d.tags ->> 'kind', t.to_status, sum(t.n), sum(t.n_segments)
    FROM taken t JOIN delivery_dispatch d ON d.id = t.dispatch_id
    -- What was asked for counts once: a message that goes back to the queue was asked for before.
    -- What only tries the interfaces is no traffic.
    WHERE d.tags ? 'kind' AND NOT d.tags ? 'sandbox' AND (t.to_status <> 0 OR t.from_status IS NULL)
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (project_id, hour, kind, status) DO UPDATE
    SET n = h.n + excluded.n, n_segments = h.n_segments + excluded.n_segments
)
SELECT count(*) FROM taken
"""
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
SELECT id, clock_timestamp(), n_total - n_open FROM delivery_dispatch WHERE sent_at IS NULL AND n_total > 0
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
