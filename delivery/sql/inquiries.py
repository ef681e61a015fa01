"""The statements about asking carriers. Numbers inside are `MessageStatus`: 2 submitted, 8 uncertain.

Uncertain messages are found by the counts of their dispatches (`count_of_uncertain`) and then by `message_rare`.
"""

from __future__ import annotations

_DUE = """
FROM delivery_dispatchcount c
JOIN delivery_dispatch d ON d.id = c.dispatch_id AND d.closed_at IS NULL
CROSS JOIN LATERAL (
    SELECT m.id, m.attempt, m.n_segments, m.submitted_at, coalesce(m.gateway_id, d.gateway_id) AS gateway_id
    FROM delivery_message m
    LEFT JOIN delivery_inquiry i ON i.message_id = m.id AND i.attempt = m.attempt
    WHERE m.dispatch_id = d.id AND m.rare_status = 8
      AND m.submitted_at < clock_timestamp() - %(after)s * interval '1 second'
      AND m.submitted_at > clock_timestamp() - %(deadline)s * interval '1 second'
      AND (i.message_id IS NULL OR i.next_at <= clock_timestamp())
      AND coalesce(m.gateway_id, d.gateway_id) = ANY(%(gateways)s::bigint[])
    ORDER BY m.id LIMIT 1000
) m
WHERE c.status = 8 AND c.n > 0
"""
GATEWAYS_DUE = f"SELECT DISTINCT m.gateway_id {_DUE}"

# What is taken is asked for soon: the next time is set before the carrier is asked, so that dying in between costs an
# answer and never asks in a circle.
TAKE_DUE = f"""
WITH due AS MATERIALIZED (
    SELECT m.id, m.attempt, m.n_segments, m.submitted_at {_DUE}
    ORDER BY m.id LIMIT %(limit)s
), asked AS (
    INSERT INTO delivery_inquiry AS i (message_id, attempt, gateway_id, n_asked, next_at, outcome, code)
    SELECT id, attempt, %(gateway)s, 1, clock_timestamp() + %(first)s * interval '1 second', '', '' FROM due
    ON CONFLICT (message_id) DO UPDATE
    SET attempt = excluded.attempt, gateway_id = excluded.gateway_id,
        n_asked = CASE WHEN i.attempt = excluded.attempt THEN i.n_asked + 1 ELSE 1 END,
        outcome = CASE WHEN i.attempt = excluded.attempt THEN i.outcome ELSE '' END,
        code = CASE WHEN i.attempt = excluded.attempt THEN i.code ELSE '' END,
        next_at = clock_timestamp() + interval '1 second' * CASE WHEN i.attempt = excluded.attempt
            THEN least(%(first)s * power(2, least(i.n_asked, 20)), %(longest)s) ELSE %(first)s END
)
SELECT due.id, due.attempt, b.msisdn, b.sender, b.text, due.n_segments, due.submitted_at,
       (SELECT array_agg(p.gateway_message_id ORDER BY p.seq) FROM delivery_messagepart p
        WHERE p.message_id = due.id AND p.attempt = due.attempt)
FROM due JOIN delivery_messagebody b ON b.message_id = due.id ORDER BY due.id
"""  # noqa: S608  # nosec B608

# In ascending order, as receipts do.
LOCK_UNCERTAIN = """
SELECT id, attempt FROM delivery_message WHERE id = ANY(%(ids)s::bigint[]) AND status = 8 ORDER BY id FOR UPDATE
"""
SETTLE_ANSWERED = """
UPDATE delivery_message m
SET status = u.status, reason = u.reason, code = u.code, rare_status = u.rare,
    final_at = CASE WHEN u.status <> 2 THEN coalesce(u.at, clock_timestamp()) END
FROM unnest(%(ids)s::bigint[], %(statuses)s::smallint[], %(reasons)s::smallint[], %(codes)s::text[],
            %(rares)s::smallint[], %(times)s::timestamptz[]) AS u (id, status, reason, code, rare, at)
WHERE m.id = u.id AND m.status = 8
RETURNING m.id, m.dispatch_id, m.country, m.n_segments, m.status
"""
# Of a long message some parts may be known already.
APPEND_NEW_PARTS = """
INSERT INTO delivery_messagepart (gateway_id, gateway_message_id, message_id, seq, attempt)
SELECT %(gateway)s, u.part_id, u.id, u.seq, u.attempt
FROM unnest(%(part_ids)s::text[], %(ids)s::bigint[], %(seqs)s::smallint[], %(attempts)s::smallint[])
     AS u (part_id, id, seq, attempt)
WHERE NOT EXISTS (
    SELECT FROM delivery_messagepart p WHERE p.message_id = u.id AND p.attempt = u.attempt AND p.seq = u.seq)
"""
# An answer that says the same as before is not written down again.
KEEP_ANSWERS = """
WITH said AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(attempts)s::smallint[], %(outcomes)s::text[], %(states)s::text[],
                         %(codes)s::text[], %(part_ids)s::text[])
         AS u (id, attempt, outcome, state, code, part_ids)
), new AS (
    SELECT said.* FROM said JOIN delivery_inquiry i ON i.message_id = said.id AND i.attempt = said.attempt
    WHERE i.outcome <> said.outcome OR i.code <> said.code
), evidence AS (
    INSERT INTO delivery_evidence (message_id, attempt, source, outcome, gateway_message_ids, code, created_at)
    SELECT id, attempt, 'query', state, coalesce(string_to_array(nullif(part_ids, ''), ' '), '{}'), code,
           clock_timestamp()
    FROM new WHERE outcome <> 'unknown'
)
UPDATE delivery_inquiry i
SET outcome = said.outcome, code = said.code, answered_at = clock_timestamp(),
    next_at = CASE WHEN said.outcome NOT IN ('final', 'taken') THEN i.next_at END
FROM said WHERE i.message_id = said.id AND i.attempt = said.attempt
"""
