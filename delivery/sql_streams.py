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

# A statement of its own, after the commit: a NOTIFY within the request's transaction would let one commit at a time
# through. It need not survive anything, so it waits for no disk.
WAKE = "SELECT set_config('synchronous_commit', 'off', true), pg_notify(%(channel)s, %(payload)s)"

# --- Streams --------------------------------------------------------------------------------------------

FIND_STREAM = """
SELECT d.state, d.fanout_done, p.stopped_at FROM delivery_dispatch d JOIN projects_project p ON p.id = d.project_id
WHERE d.id = %(dispatch)s
"""
