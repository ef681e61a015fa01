"""The statements that store and apply receipts, each with the reason why it is written so."""

from __future__ import annotations

TRY_APPLIER_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('delivery.apply_receipts'))"

ENSURE_CURSOR = """
INSERT INTO delivery_readcursor (name, xid, last_id) VALUES ('receipts', 0, 0) ON CONFLICT DO NOTHING
"""

# What a receipt is joined with: the newest part that carries its id, else the message our reference names.
_JOIN_MESSAGE = """
LEFT JOIN LATERAL (
    -- OFFSET 0 keeps the planner from walking the primary key backwards until it meets the id.
    SELECT p.message_id, p.attempt, p.seq FROM (
        SELECT * FROM delivery_messagepart p
        WHERE p.gateway_id = r.gateway_id AND p.gateway_message_id = r.gateway_message_id OFFSET 0
    ) p ORDER BY p.id DESC LIMIT 1
) part ON true
CROSS JOIN LATERAL (
    -- CASE, not WHERE: a filter may be evaluated after the casts that it should guard.
    SELECT part.message_id IS NULL AND r.reference ~ '^[0-9]{1,18}-[0-9]{1,4}$' AS is_ours
) echo
CROSS JOIN LATERAL (
    SELECT CASE WHEN echo.is_ours THEN split_part(r.reference, '-', 1)::bigint END AS message_id,
           CASE WHEN echo.is_ours THEN split_part(r.reference, '-', 2)::smallint END AS attempt
) named
-- Carriers use ids again after weeks: a receipt speaks of no message older than any validity and the time for receipts.
LEFT JOIN delivery_message m ON m.id = coalesce(part.message_id, named.message_id)
    AND (m.submitted_at IS NULL OR m.submitted_at > r.received_at - %(span)s * interval '1 second')
"""
_COLUMNS = """
r.gateway_id, r.gateway_message_id, r.reference, r.state, r.reason, r.code, r.reported_at, r.received_at,
m.id, coalesce(part.attempt, named.attempt), part.seq, m.dispatch_id, m.status, m.attempt, m.n_segments, m.country,
r.msisdn, r.written_id
"""

# Behind the oldest running transaction, in (xid, id) order: no receipt that commits late is ever skipped.
READ_NEW = f"""
SELECT r.xid::text::bigint, r.id, {_COLUMNS}
FROM (
    SELECT r.* FROM delivery_receipt r,
        (SELECT xid::text::xid8 AS xid, last_id FROM delivery_readcursor WHERE name = 'receipts' FOR UPDATE) c
    WHERE (r.xid, r.id) > (c.xid, c.last_id) AND r.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY r.xid, r.id LIMIT %(limit)s
) r
{_JOIN_MESSAGE}
ORDER BY r.xid, r.id
"""  # nosec B608 # noqa: S608  (only constants of this module are put in)

READ_UNMATCHED = f"""
SELECT r.receipt_id, {_COLUMNS}
FROM (SELECT * FROM delivery_unmatchedreceipt WHERE receipt_id = ANY(%(ids)s::bigint[])) r
{_JOIN_MESSAGE}
ORDER BY r.receipt_id
"""  # nosec B608 # noqa: S608

MOVE_CURSOR = "UPDATE delivery_readcursor SET xid = %(xid)s, last_id = %(id)s WHERE name = 'receipts'"

READ_DUE_UNMATCHED = f"""
SELECT r.receipt_id, {_COLUMNS}
FROM (
    SELECT * FROM delivery_unmatchedreceipt WHERE next_try_at <= clock_timestamp()
    ORDER BY next_try_at LIMIT %(limit)s
) r
{_JOIN_MESSAGE}
ORDER BY r.receipt_id
"""  # nosec B608 # noqa: S608

KEEP_UNMATCHED = """
INSERT INTO delivery_unmatchedreceipt
    (receipt_id, gateway_id, gateway_message_id, written_id, reference, msisdn, state, reason, code, reported_at,
     received_at, n_tries, next_try_at)
SELECT id, gateway_id, gateway_message_id, written_id, reference, msisdn, state, reason, code, reported_at,
       received_at, 0, clock_timestamp() + interval '1 second'
FROM delivery_receipt WHERE id = ANY(%(ids)s::bigint[]) AND received_at >= %(since)s
ON CONFLICT (receipt_id) DO NOTHING
"""
DROP_MATCHED = "DELETE FROM delivery_unmatchedreceipt WHERE receipt_id = ANY(%(ids)s::bigint[])"
# After the deadline it is kept to be looked at, but asked no more.
POSTPONE_UNMATCHED = """
UPDATE delivery_unmatchedreceipt
SET n_tries = n_tries + 1,
    next_try_at = CASE WHEN received_at > clock_timestamp() - %(deadline)s * interval '1 second'
        THEN clock_timestamp() + least(power(2, least(n_tries, 20)), %(max)s) * interval '1 second' END
WHERE receipt_id = ANY(%(ids)s::bigint[])
"""

# Of an attempt that is over: it changes nothing any more, and is kept to be looked at, once.
KEEP_EVIDENCE = """
INSERT INTO delivery_evidence (message_id, attempt, source, outcome, gateway_message_ids, code, created_at)
SELECT u.id, u.attempt, 'receipt', u.outcome, ARRAY[u.gateway_id]::varchar[], u.code, clock_timestamp()
FROM (
    SELECT DISTINCT * FROM unnest(%(ids)s::bigint[], %(attempts)s::smallint[], %(outcomes)s::text[],
        %(gateway_ids)s::text[], %(codes)s::text[]) AS u (id, attempt, outcome, gateway_id, code)
) u
WHERE NOT EXISTS (
    SELECT FROM delivery_evidence e WHERE e.message_id = u.id AND e.attempt = u.attempt AND e.source = 'receipt'
        AND e.outcome = u.outcome AND e.gateway_message_ids = ARRAY[u.gateway_id]::varchar[])
"""

NOTE_DELIVERED_PARTS = """
INSERT INTO delivery_deliveredpart (message_id, attempt, seq)
SELECT DISTINCT * FROM unnest(%(ids)s::bigint[], %(attempts)s::smallint[], %(seqs)s::smallint[])
ON CONFLICT DO NOTHING
"""
# Beside how many ids the carrier gave: some give one for a message of several segments, and report once.
COUNT_DELIVERED_PARTS = """
SELECT d.message_id, d.attempt, count(*),
       (SELECT count(DISTINCT p.gateway_message_id) FROM delivery_messagepart p
        WHERE p.message_id = d.message_id AND p.attempt = d.attempt)
FROM delivery_deliveredpart d
WHERE d.message_id = ANY(%(ids)s::bigint[]) GROUP BY d.message_id, d.attempt
"""

# The old status and attempt are repeated in the condition: whoever changed the message meanwhile wins, and the
# receipt is asked again.
UPDATE_MESSAGES = """
UPDATE delivery_message m
SET status = u.after, reason = u.reason, code = u.code, rare_status = u.rare, final_at = u.at,
    submitted_at = coalesce(m.submitted_at, u.at)
FROM unnest(%(ids)s::bigint[], %(befores)s::smallint[], %(attempts)s::smallint[], %(afters)s::smallint[],
            %(reasons)s::smallint[], %(codes)s::text[], %(rares)s::smallint[], %(times)s::timestamptz[])
     AS u (id, before, attempt, after, reason, code, rare, at)
WHERE m.id = u.id AND m.status = u.before AND m.attempt = u.attempt
RETURNING m.id
"""

OVERDUE_DISPATCHES = """
SELECT id FROM delivery_dispatch
WHERE closed_at IS NULL AND sent_at < clock_timestamp() - %(deadline)s * interval '1 second'
ORDER BY sent_at LIMIT 20
"""
# From the id on behind which nothing is left: a stream's messages lie among many others.
CLOSE_OVERDUE = """
WITH d AS (SELECT id, first_id, n_reserved, gateway_id FROM delivery_dispatch WHERE id = %(dispatch)s),
overdue AS (
    SELECT m.id, m.status AS before, coalesce(m.gateway_id, d.gateway_id) AS gateway_id FROM delivery_message m, d
    WHERE m.id BETWEEN greatest(d.first_id, %(from)s) AND d.first_id + d.n_reserved - 1 AND m.status IN (2, 8)
      AND m.dispatch_id = d.id
    ORDER BY m.id LIMIT %(limit)s FOR UPDATE OF m
)
UPDATE delivery_message m
SET status = 5, reason = 17, rare_status = 5, final_at = clock_timestamp()
FROM overdue o WHERE m.id = o.id
RETURNING m.id, o.gateway_id, m.country, m.n_segments, o.before
"""
