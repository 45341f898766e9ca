"""Which topics a classic group reads: its offsets of these are neither deleted nor do they expire.

Only consumers say so, in the metadata of their protocol; of every version its beginning is read as version 0 has it.
"""

from __future__ import annotations

from collections.abc import Container

from pykbroker_protocol.errors import Malformed
from pykbroker_protocol.records.consumer_protocol import CONSUMER_PROTOCOL_SUBSCRIPTION

from pykbroker import codec

from .classic import ClassicGroup

CONSUMER = "consumer"  # the protocol type; org.apache.kafka.clients.consumer.internals.ConsumerProtocol
_VERSION_BYTES = 2


class _Any:
    def __contains__(self, topic: object) -> bool:
        return True


ANY: Container[str] = _Any()
"""It cannot be known what consumers read, so it may be anything."""


def subscribed_topics(group: ClassicGroup) -> Container[str]:
    """What the members read; nothing, for a group that has none or whose members are no consumers."""
    if group.protocol_type != CONSUMER or not group.members:
        return ()
    if group.protocol_name is None:
        return ANY  # the first members gather
    topics: set[str] = set()
    for member in group.members.values():
        # Somebody new may not know the protocol of the last generation.
        metadata = member.protocols.get(group.protocol_name) or next(iter(member.protocols.values()), b"")
        try:
            topics.update(codec.read(CONSUMER_PROTOCOL_SUBSCRIPTION, 0, memoryview(metadata), _VERSION_BYTES)[0].topics)
        except Malformed:
            return ANY
    return topics
