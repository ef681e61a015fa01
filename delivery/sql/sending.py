"""The statements of the hot path, each with the reason why it is written so.

They are the only writers of windows, messages and counters. `unnest` arrays and COPY: an ORM `bulk_update` costs
a hundred times as much. Locks are taken in one order everywhere: dispatch, batch, window, numbers, message, and the
sums of caps last of all (`limits.py`).
Numbers inside are `MessageStatus`, `WindowState`: 0 queued, 2 submitted, 8 uncertain; 0 waiting, 1 submitting.
"""

from __future__ import annotations

# --- Handing over ---------------------------------------------------------------------------------------

# Before any dispatch of the project: whoever stops it changes this row first.
SHARE_PROJECT = "SELECT stopped_at FROM projects_project WHERE id = %(project)s FOR SHARE"

# A block of ids for a whole dispatch. The lock makes nextval + setval one step; other sessions wait, not fail.
RESERVE_IDS = """
WITH l AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('delivery_message_id_seq')))
SELECT setval('delivery_message_id_seq', nextval('delivery_message_id_seq') + %(n)s) - %(n)s FROM l
"""

# A chunk that was appended before is recognized by its first id, so handing it over again does nothing.
APPEND_BATCH = """
INSERT INTO delivery_batch (dispatch_id, gateway_id, fallbacks, first_id, last_id, next_id, n_open)
VALUES (%(dispatch)s, %(gateway)s, %(fallbacks)s::int[], %(first)s, %(last)s, %(first)s, %(n)s)
ON CONFLICT (first_id) DO NOTHING RETURNING id
"""

# Last in the transaction: it waits for claims (they hold the row FOR SHARE) and they for it.
COUNT_APPENDED = """
UPDATE delivery_dispatch SET n_total = n_total + %(n)s, n_open = n_open + %(n)s WHERE id = %(dispatch)s
"""

# --- Leasing --------------------------------------------------------------------------------------------

# Urgent ones first, then the least recently served, so that a small one never waits behind a big one. SKIP LOCKED: two
# drainers asking at once get two batches. `not_before` of the batch keeps one out that has only later retries. The
# dispatches are put in order before any batch is locked: the loop over them ends at the first batch it gets. Nothing
# is leased from a gateway whose breaker is open, but to the one who tries it. A stream is open all day, so it is looked
# into only when it has something. Last, whether the line is limited now.
LEASE_BATCH = """
WITH candidate AS (
    SELECT b.id, b.dispatch_id
    FROM (
        SELECT id FROM delivery_dispatch
        WHERE sent_at IS NULL AND state = 'running' AND (not_before IS NULL OR not_before <= clock_timestamp())
          AND CASE WHEN is_stream THEN n_open > 0 ELSE NOT %(only_streams)s END
          AND (%(is_probe)s OR NOT EXISTS (
              SELECT FROM delivery_gatewayhealth h WHERE h.gateway_id = %(gateway)s AND h.probe_at IS NOT NULL))
        ORDER BY is_urgent DESC, last_served_at NULLS FIRST, id OFFSET 0
    ) d
    CROSS JOIN LATERAL (
        SELECT id, dispatch_id FROM delivery_batch
        WHERE gateway_id = %(gateway)s AND dispatch_id = d.id AND n_open > 0
          AND (leased_until IS NULL OR leased_until < clock_timestamp())
          AND (not_before IS NULL OR not_before <= clock_timestamp())
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) b
    LIMIT 1
)
UPDATE delivery_batch b
SET lease_token = %(token)s, leased_until = clock_timestamp() + %(lease)s * interval '1 second', not_before = NULL
FROM candidate WHERE b.id = candidate.id
RETURNING b.id, b.dispatch_id, EXISTS (
    SELECT FROM delivery_gatewaypace p WHERE p.gateway_id = %(gateway)s
        AND (p.next_free_at > clock_timestamp()
             OR p.slowed_at > clock_timestamp() - %(slowed)s * interval '1 second'))
"""

MARK_SERVED = "UPDATE delivery_dispatch SET last_served_at = clock_timestamp() WHERE id = %(dispatch)s"

RELEASE_BATCH = """
UPDATE delivery_batch
SET lease_token = NULL, leased_until = NULL,
    not_before = clock_timestamp() + %(pause)s * interval '1 second'
WHERE id = %(batch)s AND lease_token = %(token)s
"""
# For a batch that had nothing to claim: a program's messages may have come since, and must not wait out the pause. Two
# statements, because what came is seen only by one that begins when the batch is ours.
LOCK_LEASED = (
    "SELECT 1 FROM delivery_batch WHERE id = %(batch)s AND lease_token = %(token)s FOR NO KEY UPDATE"
)
RELEASE_UNLESS_DUE = """
UPDATE delivery_batch b
SET lease_token = NULL, leased_until = NULL,
    not_before = CASE WHEN NOT EXISTS (
        SELECT FROM delivery_window w WHERE w.batch_id = b.id AND w.state = 0 AND w.not_before <= clock_timestamp()
    ) THEN clock_timestamp() + %(pause)s * interval '1 second' END
WHERE b.id = %(batch)s AND b.lease_token = %(token)s
"""

GATEWAYS_OF = """
SELECT DISTINCT gateway_id FROM delivery_batch
WHERE dispatch_id = ANY(%(dispatches)s::bigint[]) AND n_open > 0 ORDER BY gateway_id
"""

# --- Claim ----------------------------------------------------------------------------------------------

# The gate. FOR SHARE waits for a suspension that is committing and holds off one that comes later: after a
# suspension has committed no claim can commit. The batch row is locked too, so its cursor has one reader. Nothing
# passes while the gateway's breaker is open, and who is not urgent hears whether somebody urgent waits for its line.
OPEN_GATE = """
WITH gate AS MATERIALIZED (
    SELECT id, is_urgent FROM delivery_dispatch
    WHERE id = %(dispatch)s AND state = 'running' AND (not_before IS NULL OR not_before <= clock_timestamp())
    FOR SHARE
)
SELECT b.next_id, b.last_id,
       (SELECT w.id FROM delivery_window w
        WHERE w.batch_id = b.id AND w.state = 0 AND w.not_before <= clock_timestamp()
        ORDER BY w.id LIMIT 1),
       clock_timestamp(), b.fallbacks,
       NOT gate.is_urgent AND EXISTS (
           SELECT FROM delivery_dispatch d JOIN delivery_batch u ON u.dispatch_id = d.id
           WHERE d.sent_at IS NULL AND d.is_urgent AND d.state = 'running' AND (d.n_open > 0 OR NOT d.is_stream)
             AND (d.not_before IS NULL OR d.not_before <= clock_timestamp())
             AND u.gateway_id = b.gateway_id AND u.n_open > 0
             AND (u.leased_until IS NULL OR u.leased_until < clock_timestamp())
             AND (u.not_before IS NULL OR u.not_before <= clock_timestamp()))
FROM gate JOIN delivery_batch b ON b.dispatch_id = gate.id
WHERE b.id = %(batch)s AND b.lease_token = %(token)s AND b.leased_until > clock_timestamp()
  AND (%(is_probe)s OR NOT EXISTS (
      SELECT FROM delivery_gatewayhealth h WHERE h.gateway_id = b.gateway_id AND h.probe_at IS NOT NULL))
FOR UPDATE OF b
"""
# For a claim that writes to the dispatch. Two that had shared the row and both wanted to write would deadlock.
OPEN_GATE_ALONE = OPEN_GATE.replace("FOR SHARE", "FOR NO KEY UPDATE")

# Bounded by an id range: the plan is an index range on both tables whatever the table's size or statistics.
READ_RANGE = """
SELECT m.id, m.attempt, b.msisdn, b.sender, b.text, m.n_segments, m.country
FROM delivery_message m JOIN delivery_messagebody b ON b.message_id = m.id
WHERE m.id BETWEEN %(first)s AND %(last)s AND b.message_id BETWEEN %(first)s AND %(last)s
  AND m.status = 0 AND m.window_id IS NULL
ORDER BY m.id
"""
READ_MEMBERS = """
SELECT m.id, m.attempt, b.msisdn, b.sender, b.text, m.n_segments, m.country
FROM delivery_message m JOIN delivery_messagebody b ON b.message_id = m.id
WHERE m.window_id = %(window)s AND m.status = 0
ORDER BY m.id
"""

# The claim itself, one row for up to 200 messages: they count as submitting without a write of their own.
CLAIM_RANGE = """
WITH moved AS (
    UPDATE delivery_batch
    SET next_id = %(last)s + 1, leased_until = clock_timestamp() + %(lease)s * interval '1 second'
    WHERE id = %(batch)s
)
INSERT INTO delivery_window
    (batch_id, dispatch_id, gateway_id, state, is_range, first_id, last_id, n_messages, token, claimed_at, expires_at,
     holds_slots, counted_on)
VALUES (%(batch)s, %(dispatch)s, %(gateway)s, 1, true, %(first)s, %(last)s, %(n)s, %(token)s, clock_timestamp(),
        clock_timestamp() + %(lease)s * interval '1 second', %(holds_slots)s, %(day)s)
RETURNING id
"""
CLAIM_RETRY = """
WITH moved AS (
    UPDATE delivery_batch SET leased_until = clock_timestamp() + %(lease)s * interval '1 second' WHERE id = %(batch)s
)
UPDATE delivery_window
SET state = 1, token = %(token)s, n_messages = %(n)s, claimed_at = clock_timestamp(),
    expires_at = clock_timestamp() + %(lease)s * interval '1 second', holds_slots = %(holds_slots)s,
    counted_on = %(day)s
WHERE id = %(window)s AND state = 0
RETURNING id
"""
SKIP_RANGE = "UPDATE delivery_batch SET next_id = %(last)s + 1 WHERE id = %(batch)s"
DROP_EMPTY_RETRY = "UPDATE delivery_window SET state = 2 WHERE id = %(window)s AND state = 0"

# Why a leased batch has nothing to claim now: seconds until its next retry, or null.
NEXT_RETRY = """
SELECT extract(epoch FROM min(not_before) - clock_timestamp())::float8
FROM delivery_window WHERE batch_id = %(batch)s AND state = 0
"""

READ_STATE = "SELECT state FROM delivery_dispatch WHERE id = %(dispatch)s"

# --- Settle ---------------------------------------------------------------------------------------------

# The fence: zero rows means that the window was taken from us and our results are only evidence.
CLOSE_WINDOW = """
UPDATE delivery_window SET state = 2, expires_at = NULL
WHERE id = %(window)s AND state = 1 AND token = %(token)s
"""

# One update for the whole window. `rare_status` stays null for submitted, so the update stays HOT. A message counts as
# submitted when its window was claimed: a receipt may be older than this settle, never older than that.
SETTLE_MESSAGES = """
UPDATE delivery_message m
SET status = u.status, reason = u.reason, code = u.code, rare_status = u.rare, window_id = NULL,
    gateway_id = w.gateway_id, submitted_at = CASE WHEN u.status IN (2, 8) THEN w.claimed_at END,
    final_at = CASE WHEN u.status NOT IN (2, 8) THEN clock_timestamp() END
FROM unnest(%(ids)s::bigint[], %(statuses)s::smallint[], %(reasons)s::smallint[], %(codes)s::text[],
            %(rares)s::smallint[]) AS u (id, status, reason, code, rare),
     delivery_window w
WHERE m.id = u.id AND m.status = 0 AND w.id = %(window)s
"""

# The common case, every message of the window taken: nothing varies but the ids.
SETTLE_SUBMITTED = """
UPDATE delivery_message m
SET status = 2, reason = 0, code = NULL, window_id = NULL, gateway_id = w.gateway_id, submitted_at = w.claimed_at
FROM delivery_window w
WHERE m.id = ANY(%(ids)s::bigint[]) AND m.status = 0 AND w.id = %(window)s
"""

APPEND_PARTS = """
INSERT INTO delivery_messagepart (gateway_id, gateway_message_id, message_id, seq, attempt)
SELECT %(gateway)s, * FROM unnest(%(gateway_ids)s::text[], %(ids)s::bigint[], %(seqs)s::smallint[],
                                  %(attempts)s::smallint[])
"""

# What was not taken waits in a window of its own, which goes before fresh ranges of the batch.
OPEN_RETRY = """
INSERT INTO delivery_window
    (batch_id, dispatch_id, gateway_id, state, is_range, first_id, last_id, n_messages, not_before)
VALUES (%(batch)s, %(dispatch)s, %(gateway)s, 0, false, %(first)s, %(last)s, %(n)s,
        clock_timestamp() + %(wait)s * interval '1 second')
RETURNING id
"""
MOVE_TO_RETRY = """
UPDATE delivery_message
SET window_id = %(window)s, gateway_id = %(gateway)s, attempt = attempt + 1, reason = %(reason)s
WHERE id = ANY(%(ids)s::bigint[]) AND status = 0
"""

APPEND_DELTAS = """
INSERT INTO delivery_counterdelta
    (hour, dispatch_id, gateway_id, country, from_status, to_status, n, n_segments)
SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::smallint[], %s::smallint[], %s::int[], %s::int[])
"""

# What this gateway refused and another one may take: which one, what is left behind it, and its own batch there.
CHOOSE_FALLBACK = """
SELECT f.id FROM unnest(%(fallbacks)s::int[]) WITH ORDINALITY AS f (id, place)
JOIN delivery_gateway g ON g.id = f.id AND g.is_enabled
LEFT JOIN delivery_gatewayhealth h ON h.gateway_id = f.id AND h.probe_at IS NOT NULL
ORDER BY h.gateway_id IS NOT NULL, f.place LIMIT 1
"""
OPEN_MOVED_BATCH = """
INSERT INTO delivery_batch (dispatch_id, gateway_id, fallbacks, last_id, next_id, n_open)
VALUES (%(dispatch)s, %(gateway)s, %(fallbacks)s::int[], 0, 1, %(n)s) RETURNING id
"""
MOVE_ON = """
UPDATE delivery_message m
SET window_id = %(window)s, gateway_id = %(refused_by)s, attempt = attempt + 1, reason = u.reason, code = u.code
FROM unnest(%(ids)s::bigint[], %(reasons)s::smallint[], %(codes)s::text[]) AS u (id, reason, code)
WHERE m.id = u.id AND m.status = 0
"""

CLOSE_IN_BATCH = "UPDATE delivery_batch SET n_open = n_open - %(n)s WHERE id = %(batch)s"

# Who brings n_open to 0 sets sent_at under the row's lock, so two last settles cannot both believe that the other
# one is still open. As late as can be: the row is every claim's gate.
CLOSE_IN_DISPATCH = """
UPDATE delivery_dispatch
SET n_open = n_open - %(n)s,
    sent_at = CASE WHEN fanout_done AND n_open - %(n)s = 0 THEN clock_timestamp() ELSE sent_at END
WHERE id = %(dispatch)s
"""

APPEND_EVIDENCE = """
INSERT INTO delivery_evidence (message_id, attempt, outcome, gateway_message_ids, code, created_at)
SELECT u.id, u.attempt, u.outcome, coalesce(string_to_array(nullif(u.gateway_ids, ''), ' '), '{}'),
       u.code, clock_timestamp()
FROM unnest(%(ids)s::bigint[], %(attempts)s::smallint[], %(outcomes)s::text[], %(gateway_ids)s::text[],
            %(codes)s::text[]) AS u (id, attempt, outcome, gateway_ids, code)
"""

# Late evidence moves uncertain forward, for the same attempt only; never back to queued.
APPLY_EVIDENCE = """
UPDATE delivery_message m
SET status = u.status, reason = u.reason, code = u.code, rare_status = u.rare,
    final_at = CASE WHEN u.status = 2 THEN NULL ELSE clock_timestamp() END
FROM unnest(%(ids)s::bigint[], %(attempts)s::smallint[], %(statuses)s::smallint[], %(reasons)s::smallint[],
            %(codes)s::text[], %(rares)s::smallint[]) AS u (id, attempt, status, reason, code, rare)
WHERE m.id = u.id AND m.attempt = u.attempt AND m.status = 8
RETURNING m.id, m.country, m.n_segments, m.status
"""

# --- Cancel ---------------------------------------------------------------------------------------------

# The rest of the batch behind its cursor and what waits in retry windows; under the batch's lock, so no claim
# can take any of it meanwhile. The members of a submitting window are left to its settle.
CANCEL_QUEUED = """
WITH waiting AS (
    UPDATE delivery_window SET state = 2 WHERE batch_id = %(batch)s AND state = 0 RETURNING id
)
UPDATE delivery_message
SET status = 10, reason = 19, rare_status = 10, window_id = NULL, final_at = clock_timestamp()
WHERE status = 0 AND (
    (id BETWEEN %(first)s AND %(last)s AND window_id IS NULL) OR window_id IN (SELECT id FROM waiting)
)
RETURNING id, country, n_segments, gateway_id
"""
CLOSE_CANCELLED_BATCH = """
UPDATE delivery_batch SET next_id = last_id + 1, n_open = n_open - %(n)s WHERE id = %(batch)s
"""

# --- Uncertain ------------------------------------------------------------------------------------------

SETTLE_UNCERTAIN = """
UPDATE delivery_message
SET status = %(status)s, reason = %(reason)s, rare_status = %(rare)s,
    attempt = CASE WHEN %(again)s THEN attempt + 1 ELSE attempt END,
    may_be_double = may_be_double OR %(again)s,
    final_at = CASE WHEN %(status)s = 7 THEN clock_timestamp() END
WHERE dispatch_id = %(dispatch)s AND rare_status = 8 AND status = 8 AND id BETWEEN %(first)s AND %(last)s
  AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[]))
RETURNING id, country, n_segments, gateway_id
"""
BATCHES_OF = """
SELECT b.id, b.gateway_id, array_agg(i.id ORDER BY i.id)
FROM unnest(%(ids)s::bigint[]) AS i (id)
JOIN delivery_batch b ON b.dispatch_id = %(dispatch)s AND i.id BETWEEN b.first_id AND b.last_id
GROUP BY b.id ORDER BY b.id
"""
# Locked before anything is put into it: it may move to another gateway otherwise.
LOCK_LOOSE_BATCH = """
SELECT id FROM delivery_batch WHERE dispatch_id = %(dispatch)s AND first_id IS NULL AND gateway_id = %(gateway)s
ORDER BY id LIMIT 1 FOR NO KEY UPDATE
"""
ENTER_RETRY = "UPDATE delivery_message SET window_id = %(window)s WHERE id = ANY(%(ids)s::bigint[])"
REOPEN_BATCH = "UPDATE delivery_batch SET n_open = n_open + %(n)s, not_before = NULL WHERE id = %(batch)s"
REOPEN_DISPATCH = """
UPDATE delivery_dispatch SET n_open = n_open + %(n)s, sent_at = NULL, closed_at = NULL WHERE id = %(dispatch)s
"""
