"""The statements that follow events and hand out callbacks, each with the reason why it is written so."""

from __future__ import annotations

ENSURE_CURSOR = """
INSERT INTO delivery_readcursor (name, xid, last_id) VALUES ('callbacks', 0, 0) ON CONFLICT DO NOTHING
"""

# Whoever holds the row reads alone; a second process finds nothing to do instead of waiting.
LOCK_CURSOR = "SELECT xid, last_id FROM delivery_readcursor WHERE name = 'callbacks' FOR UPDATE SKIP LOCKED"

# Behind the oldest running transaction, in (xid, id) order: no event that commits late is ever skipped. What no
# project wants to be told is passed over without its payload; neither are alarms, which the console sends itself.
READ_EVENTS = """
SELECT e.xid::text::bigint, e.id, e.created_at, d.project_id, d.is_stream,
       CASE WHEN e.kind = 'reply.received' OR d.is_wanted THEN e.payload END
FROM (
    SELECT xid, id, kind, subject, payload, created_at FROM outbox_event
    WHERE (xid, id) > (%(xid)s::text::xid8, %(last_id)s::bigint)
      AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xid, id LIMIT %(limit)s
) e
LEFT JOIN LATERAL (
    SELECT d.project_id, d.is_stream,
           NOT d.tags ? 'system' AND (
               p.pulls_status OR EXISTS (
                   SELECT FROM projects_callbackendpoint c
                   WHERE c.project_id = d.project_id AND c.kind = 'status' AND c.is_on
               )
           ) AS is_wanted
    FROM delivery_dispatch d JOIN projects_project p ON p.id = d.project_id
    -- CASE, not WHERE: a filter may be evaluated after the cast that it should guard.
    WHERE d.id = CASE WHEN e.kind LIKE 'messages.%%' AND e.subject ~ '^dispatch:[0-9]{1,18}$'
                      THEN split_part(e.subject, ':', 2)::bigint END
    -- Keeps it a look into the index for each event; all dispatches there are would be read otherwise.
    OFFSET 0
) d ON true
ORDER BY e.xid, e.id
"""

MOVE_CURSOR = "UPDATE delivery_readcursor SET xid = %(xid)s, last_id = %(id)s WHERE name = 'callbacks'"

# The share lock holds off whoever switches an endpoint off, so that nothing is left for one that is.
READ_ENDPOINTS = """
SELECT id, project_id, kind, format, includes_campaigns, n_per_request FROM projects_callbackendpoint
WHERE project_id = ANY(%(projects)s::bigint[]) AND is_on ORDER BY id FOR SHARE
"""
READ_PULLS = """
SELECT id, pulls_status, pulls_replies FROM projects_project
WHERE id = ANY(%(projects)s::bigint[]) AND (pulls_status OR pulls_replies)
"""

# A message that has moved on meanwhile is named by a later event, which tells what it is then.
READ_CHANGED = """
SELECT DISTINCT ON (m.id) r.n, m.id, m.status, m.reason, coalesce(m.code, ''), m.final_at
FROM unnest(%(numbers)s::int[], %(firsts)s::bigint[], %(lasts)s::bigint[], %(afters)s::smallint[])
     AS r (n, first_id, last_id, after)
CROSS JOIN LATERAL (
    -- OFFSET 0 keeps it a walk along the primary key, range by range.
    SELECT id, status, reason, code, final_at FROM delivery_message
    WHERE id BETWEEN r.first_id AND r.last_id AND status = r.after OFFSET 0
) m
ORDER BY m.id, r.n DESC
"""

# Everything that a status is told with. What was erased meanwhile is told without its number.
READ_STATUSES = """
SELECT m.id, d.project_id, coalesce(b.msisdn, ''), m.country, m.n_segments, coalesce(n.context, ''),
       coalesce(n.extend, ''), d.tags->>'sandbox' IS NOT NULL, m.submitted_at
FROM delivery_message m
JOIN delivery_dispatch d ON d.id = m.dispatch_id
LEFT JOIN delivery_messagebody b ON b.message_id = m.id
LEFT JOIN delivery_messagenote n ON n.message_id = m.id
WHERE m.id = ANY(%(ids)s::bigint[])
"""

# Each item is given to one of those who fetch at the same moment.
PULL = """
UPDATE callbacks_pullitem SET pulled_at = clock_timestamp()
WHERE id IN (
    SELECT id FROM callbacks_pullitem WHERE project_id = %(project)s AND kind = %(kind)s AND pulled_at IS NULL
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING id, row, status, reason, code, event_at
"""

# --- Sending --------------------------------------------------------------------------------------------

# Endpoints with something due, unless their breaker is open. Each is asked by its own part of the index, whatever waits
# for the others.
DUE_ENDPOINTS = """
SELECT e.id, coalesce(h.n_failures, 0) FROM projects_callbackendpoint e
LEFT JOIN callbacks_endpointhealth h ON h.endpoint_id = e.id
CROSS JOIN LATERAL (
    SELECT FROM callbacks_callback
    WHERE endpoint_id = e.id AND state = 'waiting' AND next_try_at <= clock_timestamp()
    ORDER BY next_try_at LIMIT 1
) c
WHERE e.is_on AND (h.open_until IS NULL OR h.open_until <= clock_timestamp())
"""

# Takes what is due and puts its next try behind the longest time a request can last, in the same moment: a process
# that dies leaves it to be tried again, and two processes never hold the same one.
TAKE_DUE = """
UPDATE callbacks_callback
SET n_attempts = n_attempts + 1, next_try_at = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id = ANY(ARRAY(
    SELECT c.id FROM unnest(%(endpoints)s::bigint[], %(limits)s::int[]) AS w (endpoint_id, n)
    CROSS JOIN LATERAL (
        SELECT id, row_number() OVER () AS place FROM (
            -- A bound that is known beforehand, or a long queue would be sorted as a whole.
            SELECT id FROM callbacks_callback
            WHERE endpoint_id = w.endpoint_id AND state = 'waiting' AND next_try_at <= clock_timestamp()
            ORDER BY next_try_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
        ) q
    ) c
    WHERE c.place <= w.n
))
RETURNING id
"""

# Before callbacks and health, in one order, as everybody does who changes an endpoint.
LOCK_ENDPOINTS = """
SELECT id FROM projects_callbackendpoint WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""

# Those that nobody has in hand wait no longer once their endpoint works again.
HURRY = """
UPDATE callbacks_callback SET next_try_at = clock_timestamp()
WHERE endpoint_id = %(endpoint)s AND state = 'waiting' AND next_try_at > clock_timestamp()
  AND NOT (id = ANY(%(in_hand)s::bigint[]))
"""

# --- Telling again --------------------------------------------------------------------------------------

# Whose messages may have changed in this time: receipts come until days after the last message has left.
DISPATCHES_OF_TIME = """
SELECT id, is_stream FROM delivery_dispatch
WHERE project_id = %(project)s AND created_at < %(end)s
  AND (closed_at IS NULL OR closed_at > %(begin)s::timestamptz - interval '7 days') AND NOT tags ? 'system'
ORDER BY id
"""
# By the index on the subject, in each day's partition that the time touches.
EVENTS_OF_DISPATCH = """
SELECT id, created_at, payload FROM outbox_event
WHERE subject = %(subject)s AND id > %(last_id)s AND created_at >= %(begin)s AND created_at < %(end)s
  AND kind LIKE 'messages.%%'
ORDER BY id LIMIT %(limit)s
"""

# --- Keeping --------------------------------------------------------------------------------------------

# The tries first: a callback's row is what names them.
DROP_ATTEMPTS = """
DELETE FROM callbacks_callbackattempt WHERE id IN (
    SELECT a.id FROM callbacks_callback c JOIN callbacks_callbackattempt a ON a.callback_id = c.id
    WHERE c.created_at < %(before)s AND c.state <> 'waiting' LIMIT %(limit)s
)
"""
DROP_CALLBACKS = """
DELETE FROM callbacks_callback WHERE id IN (
    SELECT id FROM callbacks_callback c WHERE c.created_at < %(before)s AND c.state <> 'waiting'
      AND NOT EXISTS (SELECT FROM callbacks_callbackattempt a WHERE a.callback_id = c.id)
    LIMIT %(limit)s
)
"""
DROP_PULLED = """
DELETE FROM callbacks_pullitem WHERE id IN (
    SELECT id FROM callbacks_pullitem WHERE pulled_at < %(before)s LIMIT %(limit)s
)
"""
# Walks the oldest that wait, project by project.
DROP_UNPULLED = """
DELETE FROM callbacks_pullitem WHERE id IN (
    SELECT i.id FROM projects_project p CROSS JOIN (VALUES ('status'), ('reply')) AS k (kind)
    CROSS JOIN LATERAL (
        SELECT id, event_at FROM callbacks_pullitem
        WHERE project_id = p.id AND kind = k.kind AND pulled_at IS NULL ORDER BY id LIMIT %(limit)s
    ) i
    WHERE i.event_at < %(before)s LIMIT %(limit)s
)
"""
