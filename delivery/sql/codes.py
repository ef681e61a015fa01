"""The statements about carriers' codes. Numbers inside are `MessageStatus` and `Reason`: 15 unknown code."""

from __future__ import annotations

COUNT_KNOWN = """
UPDATE delivery_carriercode c
SET n_seen = c.n_seen + u.n, last_seen_at = clock_timestamp()
FROM unnest(%(kinds)s::text[], %(codes)s::text[], %(counts)s::int[]) AS u (kind, code, n)
WHERE c.kind = u.kind AND c.code = u.code
"""
# New codes only, and no more than a person can look through.
ADD_NEW = """
INSERT INTO delivery_carriercode (kind, code, n_seen, first_seen_at, last_seen_at)
SELECT u.kind, u.code, u.n, clock_timestamp(), clock_timestamp()
FROM (
    SELECT kind, code, sum(n) AS n, row_number() OVER (PARTITION BY kind ORDER BY code) AS place
    FROM unnest(%(kinds)s::text[], %(codes)s::text[], %(counts)s::int[]) AS u (kind, code, n)
    WHERE NOT EXISTS (SELECT FROM delivery_carriercode c WHERE c.kind = u.kind AND c.code = u.code)
    GROUP BY kind, code
) u
WHERE u.place + (SELECT count(*) FROM delivery_carriercode c WHERE c.kind = u.kind) <= %(most)s
ON CONFLICT (kind, code) DO NOTHING
"""

# Dispatches that may hold messages which ended within the hours.
RECENT_DISPATCHES = """
SELECT id FROM delivery_dispatch
WHERE closed_at IS NULL OR closed_at > clock_timestamp() - %(hours)s * interval '1 hour' ORDER BY id
"""
_PAST = """
dispatch_id = ANY(%(dispatches)s::bigint[]) AND rare_status IN (4, 5, 6, 7) AND reason IN (1, 15)
  AND code = %(code)s AND final_at > clock_timestamp() - %(hours)s * interval '1 hour'
  AND (gateway_id = ANY(%(gateways)s::int[])
       OR gateway_id IS NULL AND dispatch_id IN (
           SELECT id FROM delivery_dispatch WHERE gateway_id = ANY(%(gateways)s::int[])))
"""
COUNT_MESSAGES = f"SELECT count(*)::int FROM delivery_message WHERE {_PAST}"  # noqa: S608  # nosec B608
REREAD_MESSAGES = f"UPDATE delivery_message SET reason = %(reason)s WHERE {_PAST}"  # noqa: S608  # nosec B608
REREAD_UNMATCHED = """
UPDATE delivery_unmatchedreceipt SET reason = %(reason)s
WHERE gateway_id = ANY(%(gateways)s::bigint[]) AND code = %(code)s AND reason = 15
"""
