"""The statements of the sweep: what to do when something died.

Numbers inside are `MessageStatus` and `WindowState`, as in `sending.py`.
"""

from __future__ import annotations

# Windows whose worker is gone: nobody knows what left, so their messages are uncertain, never queued again.
LOSE_WINDOWS = """
WITH expired AS (
    SELECT id FROM delivery_window
    WHERE state = 1 AND expires_at < clock_timestamp()
    ORDER BY dispatch_id, batch_id, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE delivery_window w SET state = 3, expires_at = NULL FROM expired WHERE w.id = expired.id
RETURNING w.id, w.batch_id, w.dispatch_id, w.gateway_id, w.is_range, w.first_id, w.last_id, w.claimed_at
"""
LOSE_RANGE = """
UPDATE delivery_message
SET status = 8, reason = 16, rare_status = 8, gateway_id = %(gateway)s, submitted_at = %(claimed_at)s
WHERE id BETWEEN %(first)s AND %(last)s AND status = 0 AND window_id IS NULL
RETURNING id, country, n_segments
"""
LOSE_MEMBERS = """
UPDATE delivery_message
SET status = 8, reason = 16, rare_status = 8, gateway_id = %(gateway)s, submitted_at = %(claimed_at)s,
    window_id = NULL
WHERE window_id = %(window)s AND status = 0
RETURNING id, country, n_segments
"""
# Passing over what is locked: a claim or settle is at work there. Waiting for one batch with others in hand would
# close a circle with those who wait for numbers.
FREE_LOST_LEASES = """
WITH lost AS (
    SELECT id FROM delivery_batch WHERE leased_until < clock_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED
)
UPDATE delivery_batch b SET lease_token = NULL, leased_until = NULL FROM lost WHERE b.id = lost.id
"""
# The second line behind `CLOSE_IN_DISPATCH`. Two statements on purpose: the sum must be read after the dispatch is
# locked, or a settle that commits in between would be counted twice.
LOCK_UNSENT = """
SELECT id FROM delivery_dispatch d
WHERE sent_at IS NULL AND CASE WHEN is_stream AND NOT fanout_done THEN n_open <> 0 OR EXISTS (
    SELECT FROM delivery_batch b WHERE b.dispatch_id = d.id AND b.n_open > 0) ELSE fanout_done END
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
RECOUNT_OPEN = """
UPDATE delivery_dispatch d
SET n_open = counted.n, sent_at = CASE WHEN counted.n = 0 AND d.fanout_done THEN clock_timestamp() END
FROM (
    SELECT d.id, coalesce(sum(b.n_open), 0) AS n
    FROM delivery_dispatch d LEFT JOIN delivery_batch b ON b.dispatch_id = d.id
    WHERE d.id = ANY(%(ids)s::bigint[]) GROUP BY d.id
) counted
WHERE d.id = counted.id AND (d.n_open <> counted.n OR (counted.n = 0 AND d.fanout_done))
"""
# Idle batches of a gateway that is switched off or whose breaker is open go to the first of their fall-backs that
# works, waiting windows and all; the gateway they leave becomes their last fall-back. What is being submitted stays,
# and what is uncertain is in no queue. A batch that a worker has in hand is locked or leased, so it is passed over.
MOVE_STRANDED = """
WITH unusable AS (
    SELECT g.id FROM delivery_gateway g LEFT JOIN delivery_gatewayhealth h ON h.gateway_id = g.id
    WHERE NOT g.is_enabled OR h.probe_at IS NOT NULL
), stranded AS (
    SELECT b.id, b.gateway_id AS old, next.id AS new
    FROM delivery_batch b
    JOIN delivery_dispatch d ON d.id = b.dispatch_id AND d.sent_at IS NULL AND d.state = 'running'
    CROSS JOIN LATERAL (
        SELECT f.id FROM unnest(b.fallbacks) WITH ORDINALITY AS f (id, place)
        JOIN delivery_gateway g ON g.id = f.id AND g.id NOT IN (SELECT id FROM unusable)
        ORDER BY f.place LIMIT 1
    ) next
    WHERE b.gateway_id IN (SELECT id FROM unusable) AND b.n_open > 0 AND b.fallbacks <> '{}'
      AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp())
      AND NOT EXISTS (
          SELECT FROM delivery_window w WHERE w.dispatch_id = b.dispatch_id AND w.batch_id = b.id AND w.state = 1)
    ORDER BY b.dispatch_id, b.id LIMIT %(limit)s FOR UPDATE OF b SKIP LOCKED
), waiting AS (
    UPDATE delivery_window w SET gateway_id = s.new FROM stranded s WHERE w.batch_id = s.id AND w.state = 0
)
UPDATE delivery_batch b
SET gateway_id = s.new, fallbacks = array_append(array_remove(b.fallbacks, s.new), s.old::int),
    lease_token = NULL, leased_until = NULL, not_before = NULL
FROM stranded s WHERE b.id = s.id
RETURNING b.id, s.old, s.new
"""
GATEWAYS_WITH_WORK = """
SELECT DISTINCT g.id, g.kind
FROM delivery_dispatch d
JOIN delivery_batch b ON b.dispatch_id = d.id AND b.n_open > 0
JOIN delivery_gateway g ON g.id = b.gateway_id AND g.is_enabled
WHERE d.sent_at IS NULL AND d.state = 'running' AND (d.not_before IS NULL OR d.not_before <= clock_timestamp())
ORDER BY g.id
"""
CANCELLED_WITH_REST = """
SELECT id FROM delivery_dispatch WHERE sent_at IS NULL AND state = 'cancelled' AND n_open > 0
"""
