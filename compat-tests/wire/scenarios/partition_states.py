"""OffsetForLeaderEpoch and DescribeProducers."""

from __future__ import annotations

from typing import Any

from both.batches import batch
from both.client import Broker
from pykbroker_protocol.apis.describe_producers import DESCRIBE_PRODUCERS
from pykbroker_protocol.apis.init_producer_id import INIT_PRODUCER_ID
from pykbroker_protocol.apis.offset_for_leader_epoch import OFFSET_FOR_LEADER_EPOCH

from . import Answers, scenario
from .deletion import delete

Epochs, Producers = OFFSET_FOR_LEADER_EPOCH.request.type, DESCRIBE_PRODUCERS.request.type


def ends(broker: Broker, version: int, name: str, *asked: tuple[int, int, int], **fields: Any) -> Any:
    """Each is (partition, current leader epoch, leader epoch)."""
    Topic = Epochs.OffsetForLeaderTopic
    partitions = [
        Topic.OffsetForLeaderPartition(partition=p, current_leader_epoch=current, leader_epoch=epoch)
        for p, current, epoch in asked
    ]
    topics = [Topic(topic=name, partitions=partitions)]
    return broker.ask(OFFSET_FOR_LEADER_EPOCH, version, **{"replica_id": -1, "topics": topics} | fields)


@scenario(OFFSET_FOR_LEADER_EPOCH)
def ends_of_epochs(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=2)
    broker.produce(topic, batch(3), batch(2))
    for partition in (0, 1, 2, -1):
        for current in (-2, -1, 0, 1):
            for epoch in (-2, -1, 0, 1):
                yield f"{partition} {current} {epoch}", ends(broker, version, topic.name, (partition, current, epoch))
    for name in ("nowhere", "", "in valid", "__cluster_metadata"):
        yield f"topic '{name}'", ends(broker, version, name, (0, -1, 0))
    for replica_id in (-2, 0, 1, 9):
        yield f"replica {replica_id}", ends(broker, version, topic.name, (0, -1, 0), replica_id=replica_id)
    yield "twice", ends(broker, version, topic.name, (0, -1, 0), (0, -1, 1))
    delete(broker, 2, topic.name, (0, 4))
    for epoch in (-2, 0, 1):
        yield f"{epoch}, of what was deleted from", ends(broker, version, topic.name, (0, -1, epoch))


@scenario(DESCRIBE_PRODUCERS)
def producers(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=2)

    def ask(name: str, *partitions: int) -> Any:
        asked = Producers.TopicRequest(name=name, partition_indexes=list(partitions))
        return broker.ask(DESCRIBE_PRODUCERS, version, topics=[asked])

    broker.produce(topic, batch(2))
    yield "no producer", ask(topic.name, 0)
    given = broker.ask(INIT_PRODUCER_ID, 4, transactional_id=None, transaction_timeout_ms=1000)
    for sequence in (0, 3):
        written = batch(3, producer_id=given.producer_id, producer_epoch=0, base_sequence=sequence)
        broker.produce(topic, written, partition=1)
    yield "one", ask(topic.name, 0, 1)
    yield "unknown partitions", ask(topic.name, 9, -1, 1)
    for name in ("nowhere", "", "in valid", "__cluster_metadata"):
        yield f"topic '{name}'", ask(name, 0, 1)
    yield "no partition", ask(topic.name)
    yield "no topic", broker.ask(DESCRIBE_PRODUCERS, version, topics=[])
