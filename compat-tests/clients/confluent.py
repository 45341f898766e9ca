"""confluent-kafka (librdkafka), unmodified."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import confluent_kafka
from confluent_kafka import ConsumerGroupState, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from clients import ClusterDescription, Failed, GroupDescription, Headers, Partition, Place, Rebalances, Record

name = "confluent-kafka"

TIMEOUT_S = 60


@contextmanager
def reporting() -> Any:
    try:
        yield
    except KafkaException as fault:
        raise failed(fault.args[0]) from fault


def failed(error: KafkaError) -> Failed:
    return Failed(error.code(), f"{error.name()}: {error.str()}")


def spelled(settings: Mapping[str, object]) -> dict[str, object]:
    return {name.replace("_", "."): value for name, value in settings.items()}


class Producer:
    def __init__(self, address: str, **settings: object) -> None:
        self.client = confluent_kafka.Producer({"bootstrap.servers": address, **spelled(settings)})

    def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
        timestamp_ms: int | None = None,
    ) -> Callable[[], Place]:
        sent: Future[Place] = Future()

        def delivered(error: KafkaError | None, message: Any) -> None:
            if error is None:
                sent.set_result(Place(message.partition(), message.offset()))
            else:
                sent.set_exception(failed(error))

        given = {"partition": partition, "timestamp": timestamp_ms}
        options = {word: number for word, number in given.items() if number is not None}
        with reporting():
            self.client.produce(topic, value, key, headers=list(headers), on_delivery=delivered, **options)

        def acknowledged() -> Place:
            deadline = time.monotonic() + TIMEOUT_S
            while not sent.done() and time.monotonic() < deadline:
                self.client.poll(0.1)
            return sent.result(timeout=0)

        return acknowledged

    def flush(self) -> None:
        self.client.flush(TIMEOUT_S)

    def close(self) -> None:
        self.client.flush(TIMEOUT_S)


class Consumer:
    def __init__(self, address: str, *topics: str, **settings: object) -> None:
        if "group_id" not in settings:  # librdkafka wants one even from a consumer that is in no group
            settings = {"group_id": f"none-{uuid.uuid4().hex}", "enable_auto_commit": False, **settings}
        self.client = confluent_kafka.Consumer({"bootstrap.servers": address, **spelled(settings)})
        self.rebalances = Rebalances()
        if topics:
            self.subscribe(*topics)

    def subscribe(self, *topics: str) -> None:
        self.client.subscribe(
            list(topics),
            on_assign=lambda _, partitions: self.rebalances.gained(plain(partitions)),
            on_revoke=lambda _, partitions: self.rebalances.lost(plain(partitions)),
        )

    def assign(self, partitions: Iterable[Partition], at: int | None = None) -> None:
        start = confluent_kafka.OFFSET_INVALID if at is None else at
        self.client.assign([TopicPartition(*partition, start) for partition in partitions])

    def poll(self, seconds: float) -> list[Record]:
        with reporting():
            first = self.client.poll(seconds)
            if first is None:
                return []
            messages = [first, *self.client.consume(500, 0)]
        for message in messages:
            if message.error():
                raise failed(message.error())
        return [record(message) for message in messages]

    def position(self, partition: Partition) -> int:
        return int(self.client.position([TopicPartition(*partition)])[0].offset)

    def seek(self, partition: Partition, offset: int) -> None:
        with reporting():
            self.client.seek(TopicPartition(*partition, offset))

    def pause(self, *partitions: Partition) -> None:
        self.client.pause([TopicPartition(*partition) for partition in partitions])

    def resume(self, *partitions: Partition) -> None:
        self.client.resume([TopicPartition(*partition) for partition in partitions])

    def commit(self, offsets: Mapping[Partition, int] | None = None) -> None:
        chosen = {"offsets": [TopicPartition(*p, offset) for p, offset in offsets.items()]} if offsets else {}
        with reporting():
            for each in self.client.commit(asynchronous=False, **chosen):
                if each.error:
                    raise failed(each.error)

    def committed(self, partition: Partition) -> int | None:
        with reporting():
            found = self.client.committed([TopicPartition(*partition)], timeout=TIMEOUT_S)[0]
        if found.error:
            raise failed(found.error)
        return None if found.offset == confluent_kafka.OFFSET_INVALID else found.offset

    def beginning_offset(self, partition: Partition) -> int:
        with reporting():
            return int(self.client.get_watermark_offsets(TopicPartition(*partition), timeout=TIMEOUT_S)[0])

    def end_offset(self, partition: Partition) -> int:
        with reporting():
            return int(self.client.get_watermark_offsets(TopicPartition(*partition), timeout=TIMEOUT_S)[1])

    def offset_for_time(self, partition: Partition, timestamp_ms: int) -> int | None:
        with reporting():
            found = self.client.offsets_for_times([TopicPartition(*partition, timestamp_ms)], timeout=TIMEOUT_S)[0]
        return None if found.offset == confluent_kafka.OFFSET_END else found.offset

    def close(self) -> None:
        self.client.close()


class Admin:
    def __init__(self, address: str) -> None:
        self.client = AdminClient({"bootstrap.servers": address})

    def create_topic(self, name: str, partitions: int = 1, replicas: int = 1, configs: Mapping[str, str] = {}) -> None:
        with reporting():
            self.client.create_topics([NewTopic(name, partitions, replicas, config=dict(configs))])[name].result()

    def validate_topic(self, name: str) -> None:
        with reporting():
            self.client.create_topics([NewTopic(name, 1, 1)], validate_only=True)[name].result()

    def delete_topic(self, name: str) -> None:
        with reporting():
            self.client.delete_topics([name])[name].result()

    def topics(self) -> dict[str, int]:
        found = self.client.list_topics(timeout=TIMEOUT_S).topics
        return {name: len(topic.partitions) for name, topic in found.items() if not name.startswith("__")}

    def topic_id(self, name: str) -> str:
        return str(self.client.describe_topics(TopicCollection([name]))[name].result().topic_id)

    def groups(self, state: str | None = None) -> set[str]:
        states = {ConsumerGroupState[state.upper()]} if state else set()
        return {group.group_id for group in self.client.list_consumer_groups(states=states).result().valid}

    def delete_group(self, group_id: str) -> None:
        with reporting():
            self.client.delete_consumer_groups([group_id])[group_id].result()

    def describe_group(self, group_id: str) -> GroupDescription:
        with reporting():
            group = self.client.describe_consumer_groups([group_id])[group_id].result()
        members = {member.member_id: plain(member.assignment.topic_partitions) for member in group.members}
        return GroupDescription(group.state.name.title().replace("_", ""), members)

    def describe_cluster(self) -> ClusterDescription:
        cluster = self.client.describe_cluster().result()
        brokers = {(node.id, node.host, node.port) for node in cluster.nodes}
        return ClusterDescription(cluster.cluster_id, cluster.controller.id, brokers)

    def close(self) -> None:
        """librdkafka's admin client closes when it is dropped."""


def plain(partitions: Iterable[TopicPartition]) -> set[Partition]:
    return {Partition(each.topic, each.partition) for each in partitions}


def record(message: Any) -> Record:
    return Record(
        message.topic(),
        message.partition(),
        message.offset(),
        message.key(),
        message.value(),
        tuple(message.headers() or ()),
        message.timestamp()[1],
    )


producer, consumer, admin = Producer, Consumer, Admin
