"""What the coordinator allows, under Kafka's names and with its defaults."""

from __future__ import annotations

from typing import NamedTuple


class GroupLimits(NamedTuple):
    """Source: Kafka's broker configs, 4.3.1.  The new-member timeout has no name there and is a constant."""

    group_initial_rebalance_delay_ms: int = 3_000
    group_min_session_timeout_ms: int = 6_000
    group_max_session_timeout_ms: int = 1_800_000
    group_max_size: int = 2**31 - 1
    offset_metadata_max_bytes: int = 4_096
    offsets_retention_ms: int = 7 * 24 * 60 * 60 * 1_000

    # A join of a new member is parked without heartbeats, and its client may be gone unseen: after this it is dropped.
    new_member_join_timeout_ms: int = 5 * 60 * 1_000
