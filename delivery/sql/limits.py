"""The statements of number rules and caps. They take part in the transactions of claim and settle.

Locks, behind those of dispatch, batch and window: the numbers (advisory, in ascending order), then their slots,
then messages that are queued, and last of all the rows of `CapUsage`, so that those many share are held shortest.
A message that is uncertain or settled is locked before its number: no claim ever waits for one of these.
"""

from __future__ import annotations

# The rows that somebody may change only while holding this; ascending, so that two never wait for each other.
LOCK_NUMBERS = "SELECT count(pg_advisory_xact_lock(k)) FROM unnest(%(keys)s::bigint[]) AS k"

# A statement after the locks sees what their last holders wrote, and the clock is read after them too. One row at
# least, for the clock.
READ_SLOTS = """
SELECT clock_timestamp(), s.msisdn, s.slots, s.ctid
FROM (SELECT 1) one LEFT JOIN delivery_numberslots s
    ON s.project_id = %(project)s AND s.msisdn = ANY(%(numbers)s::text[])
"""
# LATERAL and OFFSET: one look into the index per number, whatever the planner believes of a list that just grew.
READ_LISTED = """
SELECT u.msisdn, l.list, l.consent_key, l.expires_at
FROM unnest(%(numbers)s::text[]) AS u (msisdn)
CROSS JOIN LATERAL (
    SELECT list, consent_key, expires_at FROM projects_listednumber
    WHERE project_id = %(project)s AND msisdn = u.msisdn
      AND (expires_at IS NULL OR expires_at > clock_timestamp())
    OFFSET 0
) l
"""
WRITE_SLOTS = """
INSERT INTO delivery_numberslots (project_id, msisdn, slots, touched_at)
SELECT %(project)s, u.msisdn, decode(u.slots, 'hex'), %(now)s
FROM unnest(%(numbers)s::text[], %(slots)s::text[]) AS u (msisdn, slots)
ON CONFLICT (project_id, msisdn) DO UPDATE SET slots = excluded.slots, touched_at = excluded.touched_at
"""
# Under the number's lock its row stays where it was read, so it need not be looked up again. A row that the clearing
# of stale ones took away meanwhile is missed: then `WRITE_SLOTS` writes all of them.
WRITE_READ_SLOTS = """
UPDATE delivery_numberslots s SET slots = decode(u.slots, 'hex'), touched_at = %(now)s
FROM unnest(%(places)s::tid[], %(numbers)s::text[], %(slots)s::text[]) AS u (place, msisdn, slots)
WHERE s.ctid = u.place AND s.project_id = %(project)s AND s.msisdn = u.msisdn
"""
# The common case, nothing of the row is out of date: only what is new goes over the line.
APPEND_TO_READ_SLOTS = WRITE_READ_SLOTS.replace("slots = decode", "slots = s.slots || decode")
# A slot is 24 bytes, its last 8 the message's id (`delivery.limits.frequency.pack`).
GIVE_SLOTS_BACK = """
UPDATE delivery_numberslots s
SET slots = coalesce((
    SELECT string_agg(substr(s.slots, i, 24), ''::bytea ORDER BY i)
    FROM generate_series(1, length(s.slots), 24) AS i
    WHERE substr(s.slots, i + 16, 8) <> ALL (g.ids)), ''::bytea)
FROM (
    SELECT u.msisdn, array_agg(int8send(u.id)) AS ids
    FROM unnest(%(numbers)s::text[], %(ids)s::bigint[]) AS u (msisdn, id) GROUP BY u.msisdn
) g
WHERE s.project_id = %(project)s AND s.msisdn = g.msisdn AND s.msisdn = ANY(%(numbers)s::text[])
"""

BLOCK_MESSAGES = """
UPDATE delivery_message m
SET status = 9, reason = u.reason, code = u.code, rare_status = 9, window_id = NULL, final_at = %(now)s
FROM unnest(%(ids)s::bigint[], %(reasons)s::smallint[], %(codes)s::text[]) AS u (id, reason, code)
WHERE m.id = u.id AND m.status = 0
"""
ADD_HITS = """
INSERT INTO delivery_rulehit AS h (project_id, rule, hour, n)
SELECT %(project)s, u.rule, date_trunc('hour', %(now)s::timestamptz), u.n
FROM unnest(%(rules)s::text[], %(counts)s::int[]) AS u (rule, n)
ON CONFLICT (project_id, rule, hour) DO UPDATE SET n = h.n + excluded.n
"""

# What waits for its own morning keeps its attempt.
SET_ASIDE = """
INSERT INTO delivery_window
    (batch_id, dispatch_id, gateway_id, state, is_range, first_id, last_id, n_messages, not_before)
VALUES (%(batch)s, %(dispatch)s, %(gateway)s, 0, false, %(first)s, %(last)s, %(n)s, %(opening)s)
RETURNING id
"""
POSTPONE_DISPATCH = "UPDATE delivery_dispatch SET not_before = %(opening)s WHERE id = %(dispatch)s"
LOCK_DISPATCH = "SELECT 1 FROM delivery_dispatch WHERE id = %(dispatch)s FOR NO KEY UPDATE"

# --- Caps -----------------------------------------------------------------------------------------------

READ_USAGE = """
SELECT period, scope, n FROM delivery_capusage
WHERE project_id = %(project)s AND scope = ANY(%(scopes)s::text[])
  AND ((period = 'day' AND starts_on = %(day)s) OR (period = 'month' AND starts_on = %(month)s))
"""
# Also takes back, with negative counts. Handed over in the order of the key: two never wait for each other.
COUNT_USAGE = """
INSERT INTO delivery_capusage AS c (project_id, period, starts_on, scope, n)
SELECT %(project)s, u.period, u.starts_on, u.scope, u.n
FROM unnest(%(periods)s::text[], %(starts)s::date[], %(scopes)s::text[], %(counts)s::int[])
     AS u (period, starts_on, scope, n)
ON CONFLICT (project_id, period, starts_on, scope) DO UPDATE SET n = c.n + excluded.n
RETURNING c.period, c.scope, c.n, c.warned
"""
# Only who changes the row tells it, so each value is told once a period.
MARK_WARNED = """
UPDATE delivery_capusage SET warned = %(value)s
WHERE project_id = %(project)s AND period = %(period)s AND starts_on = %(start)s AND scope = %(scope)s
  AND warned IS DISTINCT FROM %(value)s
"""
MARK_REACHED = """
INSERT INTO delivery_capusage AS c (project_id, period, starts_on, scope, n, reached)
VALUES (%(project)s, %(period)s, %(start)s, %(scope)s, 0, %(value)s)
ON CONFLICT (project_id, period, starts_on, scope) DO UPDATE SET reached = excluded.reached
WHERE c.reached IS DISTINCT FROM excluded.reached
"""
HOLD_FOR_CAP = "UPDATE delivery_dispatch SET state = 'held', hold_cause = 'cap' WHERE id = %(dispatch)s"

# --- Later ----------------------------------------------------------------------------------------------

# Which of these messages hold a slot and count for a cap: their window is the one claimed when they were submitted.
CLAIMS_OF_MESSAGES = """
SELECT DISTINCT ON (m.id) m.id, b.msisdn, m.country, b.text, w.claimed_at, w.holds_slots, w.counted_on
FROM delivery_message m
JOIN delivery_messagebody b ON b.message_id = m.id
JOIN delivery_window w ON w.dispatch_id = m.dispatch_id AND w.claimed_at = m.submitted_at
    AND m.id BETWEEN w.first_id AND w.last_id
WHERE m.id = ANY(%(ids)s::bigint[]) AND b.message_id = ANY(%(ids)s::bigint[])
ORDER BY m.id
"""

NEXT_SLOTS = """
SELECT project_id, msisdn FROM delivery_numberslots WHERE (project_id, msisdn) > (%(project)s, %(msisdn)s)
ORDER BY project_id, msisdn OFFSET %(step)s LIMIT 1
"""
DROP_STALE_SLOTS = """
DELETE FROM delivery_numberslots
WHERE (project_id, msisdn) > (%(project)s, %(msisdn)s)
  AND (%(last_project)s::bigint IS NULL OR (project_id, msisdn) <= (%(last_project)s, %(last_msisdn)s))
  AND touched_at < clock_timestamp() - %(seconds)s * interval '1 second'
"""
DROP_OLD_USAGE = "DELETE FROM delivery_capusage WHERE starts_on < current_date - %(days)s::int"
DROP_OLD_HITS = "DELETE FROM delivery_rulehit WHERE hour < now() - %(days)s * interval '1 day'"
