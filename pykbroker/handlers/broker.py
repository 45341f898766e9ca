"""What handlers work on: the rooms of one broker, side by side, and the few things that take two of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.cluster_metadata import ConfigRecord, ProducerIdsRecord

from pykbroker.config.config import Config
from pykbroker.config.dynamic import dynamic_row
from pykbroker.config.layers import Layers
from pykbroker.groups.coordinator import Groups
from pykbroker.groups.placement import partition_for
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.coordination import Coordination
from pykbroker.runtime.later import Pledge
from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.names import uuid_bytes, uuid_text
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import Record
from pykbroker.topics import names
from pykbroker.topics.catalog import (
    BROKER_RESOURCE,
    CLIENT_METRICS_RESOURCE,
    GROUP_RESOURCE,
    TOPIC_RESOURCE,
    Catalog,
    Topic,
)
from pykbroker.topics.creation import NewTopic, Node, creation_records, deletion_records
from pykbroker.topics.frames import Versioned, to_frame
from pykbroker.topics.growth import growth_records

from .client import Client
from .counters import Counters
from .fetch_sessions import FetchSessions

_TOLD_SINGLY = 20  # of the topics that one request creates
_PRODUCER_ID_BLOCK = 1000  # ids that one catalog record gives out, as in Kafka

_KINDS = {
    TOPIC_RESOURCE: "topic",
    BROKER_RESOURCE: "broker",
    CLIENT_METRICS_RESOURCE: "client-metrics",
    GROUP_RESOURCE: "group",
}
_MOST_TOLD = 20  # changes of one request that are logged, and characters of a value
_MOST_OF_VALUE = 100

log = logging.getLogger("pykbroker.broker")


@dataclass(slots=True, eq=False)
class Broker:
    """One running broker.

    catalog_log: `__cluster_metadata-0`; catalog_epoch: the leader epoch that its batches carry, one more at each start.
    new_uuid: () -> 16 random bytes that are no reserved id.
    """

    config: Config  # with the dynamic configs in it, once they are applied
    clock: Clock
    data: DataDirectory
    catalog: Catalog
    catalog_log: PartitionLog
    catalog_epoch: int
    groups: Coordination[Groups]
    fetch_sessions: FetchSessions
    new_uuid: Callable[[], bytes]
    endpoints: dict[str, tuple[str, int]] = field(default_factory=dict)  # listener's name -> advertised host, port
    counters: Counters = field(default_factory=Counters)
    unloaded: set[tuple[str, int]] = field(default_factory=set)  # partitions whose groups have no coordinator
    layers: Layers = field(init=False)
    # The answer to the request that is being decided waits for them.
    pledges: list[Pledge] = field(default_factory=list)
    _producer_ids: range = range(0)

    def __post_init__(self) -> None:
        self.layers = Layers(self.config, {}, {})

    @property
    def node_id(self) -> int:
        return self.config.node_id

    @property
    def cluster_id(self) -> str:
        return self.data.cluster_id

    @property
    def node(self) -> Node:
        return Node(self.node_id, uuid_bytes(self.data.directory_id), self.config.is_cordoned)

    def endpoint_for(self, client: Client) -> tuple[str, int]:
        """The host and port that `client` shall connect to: of the listener that it came in by."""
        if self.config.pykbroker_advertise_client_address:
            return client.local
        return self.endpoints[client.listener_name]

    def leader_log(self, topic: Topic, partition: int, current_leader_epoch: int = -1) -> PartitionLog:
        """The log of a partition, opened if need be.

        Raises:
            Refused: UNKNOWN_TOPIC_OR_PARTITION if there is none; FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH if the
                client, that states an epoch, is behind or ahead (KIP-320); KAFKA_STORAGE_ERROR if it does not open.
        """
        if not 0 <= partition < len(topic.leader_epochs):
            raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        if current_leader_epoch >= 0 and current_leader_epoch != (epoch := topic.leader_epochs[partition]):
            behind = current_leader_epoch < epoch
            raise Refused(ErrorCode.FENCED_LEADER_EPOCH if behind else ErrorCode.UNKNOWN_LEADER_EPOCH)
        return self.data.partition(topic.name, partition)

    def commit(self, records: Sequence[Versioned]) -> None:
        """Put `records` into the catalog, all or none: in its log first, then in what everyone sees."""
        timestamp = self.clock.timestamp()
        appended = self.catalog_log.append_records(
            [Record(key=None, value=to_frame(record), timestamp=timestamp) for record in records],
            leader_epoch=self.catalog_epoch,
            timestamp_ms=timestamp,
        )
        self.catalog.replay(records, appended.base_offset)
        self.pledges += self.pledges_of(self.catalog_log)

    def pledges_of(self, log: PartitionLog, code: ErrorCode = ErrorCode.KAFKA_STORAGE_ERROR) -> list[Pledge]:
        """That what `log` holds back will be on disk, and what the catalog says of its topic."""
        return [each.syncs.pledge(code) for each in {self.catalog_log, log} if each.syncs.is_due]

    def create_topic(self, new: NewTopic, partitions: int) -> Topic:
        """As `create_topics`, of one."""
        (topic,) = self.create_topics([(new, partitions)])
        return topic

    def create_topics(self, wanted: Sequence[tuple[NewTopic, int]]) -> list[Topic]:
        """Bring topics into being, all or none, on every listener at once; `wanted`: and how many partitions each has.

        Names, counts and configs have been checked.
        """
        self._disown([(new.name, partition) for new, partitions in wanted for partition in range(partitions)])
        made, node = [(new, self.new_uuid(), partitions) for new, partitions in wanted], self.node
        self.commit([record for each in made for record in creation_records(*each, node)])
        topics = [self.catalog.topics[new.name] for new, _ in wanted]
        for topic in topics:
            self.hold(topic)
        for topic in topics[:_TOLD_SINGLY]:
            told = topic.name, topic.partitions, uuid_text(topic.topic_id)
            log.info("topic created: topic=%s partitions=%d id=%s", *told)
        if len(topics) > _TOLD_SINGLY:
            log.info("topics created: count=%d last=%s", len(topics), topics[-1].name)
        return topics

    def grow_topic(self, topic: Topic, partitions: int) -> None:
        """A topic has `partitions` partitions, and the new ones can be used at once; the count has been checked."""
        first_new = topic.partitions
        self._disown([(topic.name, partition) for partition in range(first_new, partitions)])
        self.commit(growth_records(topic, partitions, self.node))
        self.hold(topic, range(first_new, partitions))
        log.info("topic grown: topic=%s partitions=%d before=%d", topic.name, partitions, first_new)

    def _disown(self, partitions: Collection[tuple[str, int]]) -> None:
        try:
            self.data.disown(partitions)
        except OSError as fault:
            raise Refused(ErrorCode.KAFKA_STORAGE_ERROR, f"checkpoints could not be written: {fault}") from fault

    def delete_topic(self, topic: Topic) -> None:
        """End a topic: its name is free at once, its fetches wake, its groups' offsets go, its files follow."""
        self.commit(deletion_records(topic))
        self.data.delete_topic(topic.name)
        self.counters.forget(topic.name)
        self.groups.tell(self.groups.machine.forget_topic, topic.name)
        log.info("topic deleted: topic=%s partitions=%d", topic.name, topic.partitions)

    def change_configs(self, resource_type: int, name: str, changes: Mapping[str, str | None]) -> None:
        """A resource's configs are as `changes` says, None for those that go, and in effect; they have been checked."""
        records = [
            Versioned(ConfigRecord(resource_type=resource_type, resource_name=name, name=key, value=value))
            for key, value in changes.items()
        ]
        if not records:
            return
        self.commit(records)
        kind = _KINDS.get(resource_type, str(resource_type))
        log.info("configs changed: type=%s name=%r changes=%s", kind, name, _told(resource_type, changes))
        if resource_type == TOPIC_RESOURCE:
            self.data.configure(name, self.config.log_config(self.catalog.topic_configs(name)))
        elif resource_type == BROKER_RESOURCE:
            self.apply_dynamic_configs()
            for topic in self.catalog.topics:
                self.data.configure(topic, self.config.log_config(self.catalog.topic_configs(topic)))

    def apply_dynamic_configs(self) -> None:
        """`config` has in it what the catalog says about all brokers and about this one."""
        cluster, node = (self.catalog.resource_configs(BROKER_RESOURCE, name) for name in ("", str(self.node_id)))
        self.layers = Layers(self.layers.started, cluster, node)
        self.config = self.layers.config
        for why in self.layers.ignored:
            log.warning("%s", why)

    def ensure_internal_topic(self, name: str) -> Topic:
        """The internal topic `name`, created with the broker's settings when it is first needed."""
        if topic := self.catalog.topic_by_name(name):
            return topic
        assert name == names.GROUP_METADATA, name
        configs = {
            "compression.type": "producer",
            "cleanup.policy": "compact",
            "segment.bytes": str(self.config.offsets_topic_segment_bytes),
        }
        return self.create_topic(NewTopic(name, configs=configs), self.config.offsets_topic_num_partitions)

    def has_loaded(self, group_id: str) -> bool:
        """Whether what the group committed is known: it is not if its partition could not be read at start."""
        if not self.unloaded:
            return True
        topic = self.catalog.topics[names.GROUP_METADATA]
        return (topic.name, partition_for(group_id, topic.partitions)) not in self.unloaded

    def next_producer_id(self) -> int:
        """A producer id that was never given out before, and never will be again."""
        if not self._producer_ids:
            first = self.catalog.next_producer_id
            record = ProducerIdsRecord(
                broker_id=self.node_id,
                broker_epoch=self.catalog.broker_epoch,
                next_producer_id=first + _PRODUCER_ID_BLOCK,
            )
            self.commit([Versioned(record)])
            self._producer_ids = range(first, first + _PRODUCER_ID_BLOCK)
        producer_id, self._producer_ids = self._producer_ids[0], self._producer_ids[1:]
        return producer_id

    def hold(self, topic: Topic, partitions: range | None = None) -> None:
        """The data directory has a place for `partitions` of the topic, or for all; files appear at first use."""
        config = self.config.log_config(self.catalog.topic_configs(topic.name))
        for partition in partitions or range(topic.partitions):
            self.data.create_partition(topic.name, partition, topic.topic_id, config)


def _told(resource_type: int, changes: Mapping[str, str | None]) -> str:
    """The first of `changes` on one line, whatever is in them, and no secrets; None is what goes."""
    told: dict[str, str | None] = {}
    for name, value in list(changes.items())[:_MOST_TOLD]:
        row = dynamic_row(name) if resource_type == BROKER_RESOURCE else None
        is_secret = resource_type == BROKER_RESOURCE and (row is None or row.kind == "password")
        told[name] = "(hidden)" if value is not None and is_secret else value and value[:_MOST_OF_VALUE]
    return repr(told)
