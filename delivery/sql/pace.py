"""The statements of the line's own clock. All workers of a gateway share it; it is independent of Redis."""

from __future__ import annotations

LOCK_PACE = """
SELECT extract(epoch FROM next_free_at - clock_timestamp())::float8,
       extract(epoch FROM next_bulk_at - clock_timestamp())::float8,
       slowed_rate, extract(epoch FROM clock_timestamp() - slowed_at)::float8, slowed_from
FROM delivery_gatewaypace WHERE gateway_id = %(gateway)s FOR UPDATE
"""
# A worker that came a moment late does not cost the line that moment.
TAKE_PACE = """
INSERT INTO delivery_gatewaypace AS p (gateway_id, next_free_at, next_bulk_at)
VALUES (%(gateway)s, clock_timestamp() + %(seconds)s * interval '1 second',
        clock_timestamp() + %(bulk_seconds)s * interval '1 second')
ON CONFLICT (gateway_id) DO UPDATE
SET next_free_at = greatest(p.next_free_at, clock_timestamp() - %(credit)s * interval '1 second')
        + %(seconds)s * interval '1 second',
    next_bulk_at = coalesce(greatest(p.next_bulk_at, clock_timestamp() - %(credit)s * interval '1 second')
        + %(bulk_seconds)s * interval '1 second', p.next_bulk_at)
"""
PAUSE_LINE = """
INSERT INTO delivery_gatewaypace AS p (gateway_id, next_free_at)
VALUES (%(gateway)s, clock_timestamp() + %(seconds)s * interval '1 second')
ON CONFLICT (gateway_id) DO UPDATE
SET next_free_at = greatest(p.next_free_at, clock_timestamp() + %(seconds)s * interval '1 second')
"""
SLOW_LINE = """
INSERT INTO delivery_gatewaypace AS p (gateway_id, next_free_at, slowed_rate, slowed_at, slowed_from)
VALUES (%(gateway)s, clock_timestamp(), %(rate)s, clock_timestamp(), %(from_rate)s)
ON CONFLICT (gateway_id) DO UPDATE SET slowed_rate = excluded.slowed_rate, slowed_at = excluded.slowed_at,
    slowed_from = excluded.slowed_from
"""
