"""Where the partition lies that a shortcut's requests are about.

It is looked for when the catalog has changed or the log was closed, and otherwise known.
"""

from __future__ import annotations

from typing import NamedTuple

from pykbroker.storage.partition_log import PartitionLog

from .broker import Broker
from .counters import TopicCounters


class Place(NamedTuple):
    """A partition's log, as of one revision of the catalog."""

    revision: int
    log: PartitionLog
    leader_epoch: int
    is_internal: bool
    counters: TopicCounters


def is_there(place: Place | None, broker: Broker) -> bool:
    """Whether it is still the place; the log counts as used then."""
    if place is None or place.revision != broker.catalog.revision or place.log.broken:
        return False
    place.log.unused_looks = 0
    return True


def find(broker: Broker, topic: str | bytes, partition: int) -> Place | None:
    """The place of a partition of the topic of that name or id, or None if there is no such topic.

    Raises:
        Refused: as Broker.leader_log.
    """
    catalog = broker.catalog
    found = catalog.topic_by_name(topic) if isinstance(topic, str) else catalog.topic_by_id(topic)
    if found is None:
        return None
    log = broker.leader_log(found, partition)
    return Place(catalog.revision, log, found.leader_epochs[partition], found.is_internal, broker.counters[found.name])
