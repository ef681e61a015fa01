"""The statements of programs' messages: handing them over loose, and gathering them into windows.

Locks as everywhere: dispatches in the order of their ids, then batches, windows, messages. Handing over takes none.
Numbers inside are `MessageStatus`, `WindowState`: 0 queued, 9 blocked; 0 waiting.
"""

from __future__ import annotations

# --- Handing over ---------------------------------------------------------------------------------------

# Everything of a request in one statement, so that it costs about the same for one message as for a few. It writes no
# row that anybody else has, so no two requests wait for each other.
HAND_OVER = """
WITH given AS MATERIALIZED (
    SELECT %(first)s + u.place - 1 AS id, u.* FROM unnest(
        %(owner_rows)s::int[], %(msisdns)s::text[], %(countries)s::text[], %(senders)s::text[], %(texts)s::text[],
        %(segments)s::smallint[], %(reasons)s::smallint[], %(codes)s::text[]
    ) WITH ORDINALITY AS u (owner_row, msisdn, country, sender, text, n_segments, reason, code, place)
), messages AS (
    INSERT INTO delivery_message (id, dispatch_id, status, reason, code, rare_status, final_at, attempt, may_be_double,
                                  n_segments, country)
    SELECT id, %(dispatch)s, CASE WHEN code IS NULL THEN 0 ELSE 9 END, reason, code,
           CASE WHEN code IS NOT NULL THEN 9 END, CASE WHEN code IS NOT NULL THEN clock_timestamp() END,
           1, false, n_segments, country
    FROM given ORDER BY id
), bodies AS (
    INSERT INTO delivery_messagebody (message_id, project_id, owner_row, msisdn, sender, text)
    SELECT id, %(project)s, owner_row, msisdn, sender, text FROM given ORDER BY id
), notes AS (
    INSERT INTO delivery_messagenote (message_id, project_id, context, extend)
    SELECT u.id, %(project)s, u.context, u.extend
    FROM unnest(%(noted)s::bigint[], %(contexts)s::text[], %(extends)s::text[]) AS u (id, context, extend)
)
INSERT INTO delivery_handover (dispatch_id, gateways, first_id, last_id)
SELECT %(dispatch)s, u.gateways::int[], u.first_id, u.last_id
FROM unnest(%(ways)s::text[], %(firsts)s::bigint[], %(lasts)s::bigint[]) AS u (gateways, first_id, last_id)
"""

# --- Streams --------------------------------------------------------------------------------------------

FIND_STREAM = """
SELECT d.state, d.fanout_done, p.stopped_at FROM delivery_dispatch d JOIN projects_project p ON p.id = d.project_id
WHERE d.id = %(dispatch)s
"""

# --- Gathering ------------------------------------------------------------------------------------------

# Passing over what another process has in hand. Only so many messages are taken of it as fit into one transaction.
READ_HANDOVERS = """
SELECT id, dispatch_id, gateways, first_id, last_id FROM delivery_handover
WHERE dispatch_id <> ALL(%(broken)s::bigint[])
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
TAKE_HANDOVERS = "DELETE FROM delivery_handover WHERE id = ANY(%(ids)s::bigint[])"

# Whoever holds a dispatch for long (a process that was frozen in a claim) must not hold up all the others.
LIMIT_WAITING = "SELECT set_config('lock_timeout', %(milliseconds)s, true)"
LOCK_STREAMS = """
SELECT id FROM delivery_dispatch WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""
LOCK_FREE_STREAMS = f"{LOCK_STREAMS} SKIP LOCKED"

# Messages of others lie between a stream's first and last id, so its span says only where to look. A stream that was
# closed opens again: what was handed over leaves.
COUNT_GATHERED = """
UPDATE delivery_dispatch d
SET n_total = d.n_total + u.n, n_open = d.n_open + u.n_open,
    first_id = least(d.first_id, u.first_id),
    n_reserved = greatest(d.first_id + d.n_reserved, u.last_id + 1) - least(d.first_id, u.first_id),
    sent_at = CASE WHEN u.n_open = 0 THEN d.sent_at END, closed_at = CASE WHEN u.n_open = 0 THEN d.closed_at END
FROM unnest(%(ids)s::bigint[], %(counts)s::int[], %(opens)s::int[], %(firsts)s::bigint[], %(lasts)s::bigint[])
     AS u (id, n, n_open, first_id, last_id)
WHERE d.id = u.id
"""

# One batch for all that goes the same ways: a worker that serves it finds what comes next. What another gateway refused
# or left behind waits in batches of the same form. It may be leased at once, whatever it waited for.
ENTER_BATCH = """
UPDATE delivery_batch SET n_open = n_open + %(n)s, not_before = NULL
WHERE id = (
    SELECT id FROM delivery_batch
    WHERE dispatch_id = %(dispatch)s AND first_id IS NULL AND gateway_id = %(gateway)s
      AND fallbacks = %(fallbacks)s::int[]
    ORDER BY id LIMIT 1 FOR NO KEY UPDATE
)
RETURNING id
"""
# The newest window that may leave now and is not full: with a slow carrier windows fill up instead of piling up. No
# claim takes it meanwhile: that wants the batch, which is ours.
FIND_ROOM = """
SELECT id, n_messages FROM delivery_window
WHERE batch_id = %(batch)s AND state = 0 AND n_messages < %(most)s AND not_before <= clock_timestamp()
ORDER BY id DESC LIMIT 1
"""
ENTER_WINDOW = """
UPDATE delivery_window SET n_messages = n_messages + %(n)s, first_id = least(first_id, %(first)s),
    last_id = greatest(last_id, %(last)s)
WHERE id = %(window)s
"""
ENTER_MEMBERS = """
UPDATE delivery_message SET window_id = %(window)s
WHERE id = ANY(%(ids)s::bigint[]) AND dispatch_id = %(dispatch)s AND status = 0 AND window_id IS NULL
"""

# Gateways that streams can be sent through now.
GATEWAYS_WITH_STREAMS = """
SELECT DISTINCT b.gateway_id, g.kind
FROM delivery_dispatch d
JOIN delivery_batch b ON b.dispatch_id = d.id AND b.n_open > 0
JOIN delivery_gateway g ON g.id = b.gateway_id AND g.is_enabled
WHERE d.sent_at IS NULL AND d.is_stream AND d.n_open > 0 AND d.state = 'running'
  AND (d.not_before IS NULL OR d.not_before <= clock_timestamp())
"""
HAS_OLD_HANDOVERS = """
SELECT EXISTS (SELECT FROM delivery_handover WHERE created_at < clock_timestamp() - %(seconds)s * interval '1 second')
"""

# --- The day after --------------------------------------------------------------------------------------

# Nothing loose is left of it, and nobody who began yesterday can still be at work. Should a request come after all,
# what it hands over opens the stream again.
CLOSE_STREAMS = """
UPDATE delivery_dispatch d
SET fanout_done = true, sent_at = CASE WHEN d.n_open = 0 THEN clock_timestamp() ELSE d.sent_at END
WHERE d.id IN (
    SELECT s.id FROM delivery_dispatch s
    WHERE s.is_stream AND s.sent_at IS NULL AND NOT s.fanout_done AND s.created_at < %(before)s
      AND NOT EXISTS (SELECT FROM delivery_handover h WHERE h.dispatch_id = s.id)
    ORDER BY s.id FOR NO KEY UPDATE SKIP LOCKED
)
"""
