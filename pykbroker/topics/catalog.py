"""What exists: topics with their partitions and configs, features, and how far producer ids are given out.

Pure.  State changes only in `replay`, so the live catalog is what replaying `__cluster_metadata` gives.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pykbroker_protocol.records.cluster_metadata import (
    ConfigRecord,
    FeatureLevelRecord,
    PartitionChangeRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RegisterBrokerRecord,
    RemoveTopicRecord,
    TopicRecord,
)

from . import names
from .frames import Versioned

TOPIC_RESOURCE = 2  # org.apache.kafka.common.config.ConfigResource.Type
BROKER_RESOURCE = 4
BROKER_LOGGER_RESOURCE = 8
CLIENT_METRICS_RESOURCE = 16
GROUP_RESOURCE = 32

_NO_LEADER_CHANGE = -2  # of PartitionChangeRecord: the leader stays


@dataclass(slots=True, eq=False)
class Topic:
    """A topic.  `leader_epochs[p]` is the leader epoch of partition p; this broker leads every one."""

    name: str
    topic_id: bytes
    leader_epochs: array[int] = field(default_factory=lambda: array("i"))

    @property
    def partitions(self) -> int:
        return len(self.leader_epochs)

    @property
    def is_internal(self) -> bool:
        return self.name in names.INTERNAL


class Catalog:
    """Lookups, and `replay`.

    topics: name -> Topic, in the order of creation.  configs: (resource type, name) -> overrides.
    """

    def __init__(self) -> None:
        self.topics: dict[str, Topic] = {}
        self.configs: dict[tuple[int, str], dict[str, str]] = {}
        self.features: dict[str, int] = {}
        self.next_producer_id = 0
        self.broker_epoch = -1
        self.revision = 0  # moves with every change, so that what is derived can be kept until then
        self._by_id: dict[bytes, Topic] = {}
        self._unified: dict[str, list[str]] = {}  # names that another could collide with; one request can bring two

    def topic_by_name(self, name: str) -> Topic | None:
        return self.topics.get(name)

    def topic_by_id(self, topic_id: bytes) -> Topic | None:
        return self._by_id.get(topic_id)

    def topic_configs(self, name: str) -> dict[str, str]:
        """The topic's own settings, by name; what is not there comes from the broker's."""
        return self.resource_configs(TOPIC_RESOURCE, name)

    def resource_configs(self, resource_type: int, name: str) -> dict[str, str]:
        """What is set of a resource, by name."""
        return self.configs.get((resource_type, name), {})

    def colliding(self, name: str) -> str | None:
        """The topic that `name` would collide with, itself included, or None."""
        return next(iter(self._unified.get(names.unified(name), ())), None)

    def replay(self, records: Iterable[Versioned], offset: int) -> None:
        """Apply `records`, the first of which lies at `offset`; those that say nothing about the catalog pass."""
        for position, record in enumerate(records):
            apply = _APPLY.get(type(record.value))
            if apply is not None:
                apply(self, record.value, offset + position)
        self.revision += 1

    def _topic(self, record: Any, offset: int) -> None:
        topic = Topic(record.name, record.topic_id)
        self.topics[topic.name] = self._by_id[topic.topic_id] = topic
        if names.may_collide(topic.name):
            self._unified.setdefault(names.unified(topic.name), []).append(topic.name)

    def _partition(self, record: Any, offset: int) -> None:
        epochs = self._by_id[record.topic_id].leader_epochs
        if record.partition_id < len(epochs):
            epochs[record.partition_id] = record.leader_epoch
        else:
            epochs.extend([0] * (record.partition_id - len(epochs)))
            epochs.append(record.leader_epoch)

    def _partition_change(self, record: Any, offset: int) -> None:
        if record.leader != _NO_LEADER_CHANGE:
            self._by_id[record.topic_id].leader_epochs[record.partition_id] += 1

    def _remove_topic(self, record: Any, offset: int) -> None:
        topic = self._by_id.pop(record.topic_id)
        del self.topics[topic.name]
        if alike := self._unified.get(names.unified(topic.name)):
            alike.remove(topic.name)
            if not alike:
                del self._unified[names.unified(topic.name)]
        self.configs.pop((TOPIC_RESOURCE, topic.name), None)

    def _config(self, record: Any, offset: int) -> None:
        resource = (record.resource_type, record.resource_name)
        overrides = self.configs.setdefault(resource, {})
        if record.value is None:
            overrides.pop(record.name, None)
        else:
            overrides[record.name] = record.value
        if not overrides:
            del self.configs[resource]

    def _feature_level(self, record: Any, offset: int) -> None:
        if record.feature_level:
            self.features[record.name] = record.feature_level
        else:
            self.features.pop(record.name, None)

    def _producer_ids(self, record: Any, offset: int) -> None:
        self.next_producer_id = record.next_producer_id

    def _register_broker(self, record: Any, offset: int) -> None:
        self.broker_epoch = offset  # KRaft's broker epoch is the offset of the registration


_APPLY: dict[type, Callable[[Catalog, Any, int], None]] = {
    TopicRecord: Catalog._topic,
    PartitionRecord: Catalog._partition,
    PartitionChangeRecord: Catalog._partition_change,
    RemoveTopicRecord: Catalog._remove_topic,
    ConfigRecord: Catalog._config,
    FeatureLevelRecord: Catalog._feature_level,
    ProducerIdsRecord: Catalog._producer_ids,
    RegisterBrokerRecord: Catalog._register_broker,
}
