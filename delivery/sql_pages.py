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

# The inner select finds the ids in the narrow table alone; bodies are joined for one page only.
SCAN = f"""
SELECT {_COLUMNS}
FROM (
    SELECT * FROM delivery_message
    WHERE id BETWEEN %(first)s AND %(last)s
      AND (%(statuses)s::smallint[] IS NULL OR status = ANY(%(statuses)s::smallint[]))
    ORDER BY id LIMIT %(limit)s
) m JOIN delivery_messagebody b ON b.message_id = m.id
ORDER BY m.id
"""  # noqa: S608  (only constants of this module are put in)

RARE = f"""
SELECT {_COLUMNS}
FROM (
    SELECT * FROM delivery_message
    WHERE dispatch_id = %(dispatch)s AND rare_status = %(status)s AND id BETWEEN %(first)s AND %(last)s
    ORDER BY id LIMIT %(limit)s
) m JOIN delivery_messagebody b ON b.message_id = m.id
ORDER BY m.id
"""  # noqa: S608

# Only batches that still have open messages are looked into.
WAITING = f"""
SELECT {_COLUMNS}
FROM (
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
) m JOIN delivery_messagebody b ON b.message_id = m.id
ORDER BY m.id
"""  # noqa: S608

SENDING = f"""
SELECT {_COLUMNS}
FROM (
    SELECT m.* FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS f (first, last)
    JOIN delivery_message m ON m.id BETWEEN greatest(f.first, %(first)s) AND f.last
    WHERE m.status = 0 AND m.window_id IS NULL
    UNION ALL
    SELECT m.* FROM delivery_message m
    WHERE m.window_id = ANY(%(windows)s::bigint[]) AND m.status = 0 AND m.id >= %(first)s
    ORDER BY id LIMIT %(limit)s
) m JOIN delivery_messagebody b ON b.message_id = m.id
ORDER BY m.id
"""  # noqa: S608

# By (project, number, id), and by (project, last four digits, id): both end in the dispatch's own id range.
SEARCH_WHOLE = f"""
SELECT {_COLUMNS}
FROM delivery_messagebody b JOIN delivery_message m ON m.id = b.message_id
WHERE b.project_id = %(project)s AND b.msisdn = %(whole)s AND b.message_id BETWEEN %(first)s AND %(last)s
ORDER BY m.id LIMIT 1000
"""  # noqa: S608
SEARCH_TAIL = f"""
SELECT {_COLUMNS}
FROM delivery_messagebody b JOIN delivery_message m ON m.id = b.message_id
WHERE b.project_id = %(project)s AND right(b.msisdn, 4) = %(tail)s AND b.msisdn LIKE %(like)s
  AND b.message_id BETWEEN %(first)s AND %(last)s
ORDER BY m.id LIMIT 1000
"""  # noqa: S608
