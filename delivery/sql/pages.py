"""The statements of the table of numbers: each over a bounded range of ids, none counts."""

from __future__ import annotations

_COLUMNS = """
m.id, b.owner_row, b.msisdn, m.country, m.status, m.reason, m.code, m.n_segments, m.attempt, m.may_be_double,
m.submitted_at, m.final_at, m.window_id
"""

IN_FLIGHT = """
SELECT id, is_range, first_id, last_id FROM delivery_window
WHERE dispatch_id = %(dispatch)s AND state = 1 ORDER BY id
"""

# The page's ids are found first, in the narrow table alone, and then the bodies one by one: whatever the planner
# believes about sizes (statistics may be from when the table was empty), no other order is open to it.
_BODY = "CROSS JOIN LATERAL (SELECT * FROM delivery_messagebody WHERE message_id = m.id LIMIT 1) b"

SCAN = f"""
WITH m AS MATERIALIZED (
    SELECT * FROM delivery_message
    WHERE id BETWEEN %(first)s AND %(last)s AND dispatch_id = %(dispatch)s
      AND (%(statuses)s::smallint[] IS NULL OR status = ANY(%(statuses)s::smallint[]))
    ORDER BY id LIMIT %(limit)s
)
SELECT {_COLUMNS} FROM m {_BODY} ORDER BY m.id
"""  # nosec B608 # noqa: S608  (only constants of this module are put in)

# A range of (rare_status, id) fits no index but the one of rare statuses.
RARE = f"""
WITH m AS MATERIALIZED (
    SELECT * FROM delivery_message
    WHERE dispatch_id = %(dispatch)s AND rare_status IS NOT NULL
      AND (rare_status, id) >= (%(status)s::smallint, %(first)s)
      AND (rare_status, id) <= (%(status)s::smallint, %(last)s)
    ORDER BY rare_status, id LIMIT %(limit)s
)
SELECT {_COLUMNS} FROM m {_BODY} ORDER BY m.id
"""  # nosec B608 # noqa: S608

# Only batches that still have open messages are looked into: their range, and what came from another gateway.
WAITING = f"""
WITH ranged AS MATERIALIZED (
    SELECT m.* FROM delivery_batch t
    JOIN LATERAL (
        SELECT * FROM delivery_message m
        WHERE m.id BETWEEN greatest(t.first_id, %(first)s) AND t.last_id AND m.status = 0
          AND (m.window_id IS NULL OR m.window_id <> ALL(%(windows)s::bigint[]))
          AND (m.window_id IS NOT NULL OR NOT EXISTS (
              SELECT 1 FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS f (first, last)
              WHERE m.id BETWEEN f.first AND f.last))
        ORDER BY m.id LIMIT %(limit)s
    ) m ON true
    WHERE t.dispatch_id = %(dispatch)s AND t.n_open > 0 AND t.last_id >= %(first)s
    ORDER BY t.id, m.id LIMIT %(limit)s
), moved AS MATERIALIZED (
    SELECT m.* FROM delivery_batch t
    JOIN delivery_window w ON w.batch_id = t.id AND w.state = 0
    JOIN delivery_message m ON m.window_id = w.id AND m.status = 0 AND m.id >= %(first)s
    WHERE t.dispatch_id = %(dispatch)s AND t.n_open > 0 AND t.first_id IS NULL
    ORDER BY m.id LIMIT %(limit)s
), m AS MATERIALIZED (
    SELECT * FROM ranged UNION SELECT * FROM moved ORDER BY id LIMIT %(limit)s
)
SELECT {_COLUMNS} FROM m {_BODY} ORDER BY m.id
"""  # nosec B608 # noqa: S608

SENDING = f"""
WITH m AS MATERIALIZED (
    SELECT m.* FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS f (first, last)
    JOIN delivery_message m ON m.id BETWEEN greatest(f.first, %(first)s) AND f.last
    WHERE m.status = 0 AND m.window_id IS NULL
    UNION ALL
    SELECT m.* FROM delivery_message m
    WHERE m.window_id = ANY(%(windows)s::bigint[]) AND m.status = 0 AND m.id >= %(first)s
    ORDER BY id LIMIT %(limit)s
)
SELECT {_COLUMNS} FROM m {_BODY} ORDER BY m.id
"""  # nosec B608 # noqa: S608

# By (project, number, id), and by (project, last four digits, id): both end in the dispatch's range of ids, in which
# only a stream finds messages of others.
_MESSAGE = """CROSS JOIN LATERAL (
    SELECT * FROM delivery_message WHERE id = b.message_id AND dispatch_id = %(dispatch)s LIMIT 1) m"""
SEARCH_WHOLE = f"""
WITH b AS MATERIALIZED (
    SELECT * FROM delivery_messagebody
    WHERE project_id = %(project)s AND (msisdn, message_id) >= (%(whole)s, %(first)s)
      AND (msisdn, message_id) <= (%(whole)s, %(last)s)
    ORDER BY msisdn, message_id LIMIT 1000
)
SELECT {_COLUMNS} FROM b {_MESSAGE} ORDER BY m.id
"""  # nosec B608 # noqa: S608
SEARCH_TAIL = f"""
WITH b AS MATERIALIZED (
    SELECT * FROM delivery_messagebody
    WHERE project_id = %(project)s AND (right(msisdn, 4), message_id) >= (%(tail)s, %(first)s)
      AND (right(msisdn, 4), message_id) <= (%(tail)s, %(last)s) AND msisdn LIKE %(like)s
    ORDER BY right(msisdn, 4), message_id LIMIT 1000
)
SELECT {_COLUMNS} FROM b {_MESSAGE} ORDER BY m.id
"""  # nosec B608 # noqa: S608
