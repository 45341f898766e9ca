"""When offsets end by themselves: a retention after their group became empty, or after they were committed (KIP-211).

Pure: time comes in as an argument.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .classic import ClassicGroup
from .records import Committed
from .states import State
from .subscriptions import ANY, CONSUMER, subscribed_topics

_NONE = -1  # of a timestamp


def expired(
    group: ClassicGroup, offsets: Mapping[str, Mapping[int, Committed]], *, retention_ms: int, timestamp: int
) -> list[tuple[str, int]]:
    """(topic, partition) of each of the group's `offsets` that is over.

    Those of an empty group end together, a retention after its last member left; those of a client that manages its
    partitions itself, and of topics that a stable group reads no more, each a retention after its commit.  An offset
    that was committed with a retention of its own (OffsetCommit before v5) goes by that.
    """
    if group.protocol_type is not None and group.state is State.EMPTY:
        return list(_expired(offsets, group.current_state_timestamp, retention_ms, timestamp))
    if group.protocol_type is None:
        return list(_expired(offsets, _NONE, retention_ms, timestamp))
    if group.protocol_type == CONSUMER and group.state is State.STABLE:
        subscribed = subscribed_topics(group)
        unread = {} if subscribed is ANY else {t: of for t, of in offsets.items() if t not in subscribed}
        return list(_expired(unread, _NONE, retention_ms, timestamp))
    return []


def _expired(
    offsets: Mapping[str, Mapping[int, Committed]], empty_since: int, retention_ms: int, timestamp: int
) -> Iterator[tuple[str, int]]:
    for topic, partitions in offsets.items():
        for partition, committed in partitions.items():
            if committed.expire_timestamp != _NONE:
                over = timestamp >= committed.expire_timestamp
            else:
                since = committed.commit_timestamp if empty_since == _NONE else empty_since
                over = timestamp - since >= retention_ms
            if over:
                yield topic, partition
