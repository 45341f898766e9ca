"""kafka-python, unmodified."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import kafka
from kafka import errors
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata, TopicPartition

from clients import ClusterDescription, Failed, GroupDescription, Headers, Partition, Place, Rebalances, Record

name = "kafka-python"


@contextmanager
def reporting() -> Any:
    try:
        yield
    except KafkaError as fault:
        raise Failed(getattr(fault, "errno", -1), repr(fault)) from fault


class Producer:
    def __init__(self, address: str, **settings: object) -> None:
        self.client = kafka.KafkaProducer(bootstrap_servers=address, **settings)

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
        with reporting():
            sent = self.client.send(topic, value, key, list(headers), partition, timestamp_ms)

        def acknowledged() -> Place:
            with reporting():
                metadata = sent.get(60)
            return Place(metadata.partition, metadata.offset)

        return acknowledged

    def flush(self) -> None:
        with reporting():
            self.client.flush()

    def close(self) -> None:
        self.client.close()


class Consumer(kafka.ConsumerRebalanceListener):
    def __init__(self, address: str, *topics: str, **settings: object) -> None:
        self.client = kafka.KafkaConsumer(bootstrap_servers=address, **settings)
        self.rebalances = Rebalances()
        if topics:
            self.subscribe(*topics)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.rebalances.gained(assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.rebalances.lost(revoked)

    def subscribe(self, *topics: str) -> None:
        self.client.subscribe(topics, listener=self)

    def assign(self, partitions: Iterable[Partition], at: int | None = None) -> None:
        chosen = [TopicPartition(*partition) for partition in partitions]
        self.client.assign(chosen)
        for partition in chosen if at is not None else []:
            self.client.seek(partition, at)

    def poll(self, seconds: float) -> list[Record]:
        with reporting():
            polled = self.client.poll(timeout_ms=int(seconds * 1000))
        return [
            Record(r.topic, r.partition, r.offset, r.key, r.value, tuple(r.headers), r.timestamp)
            for records in polled.values()
            for r in records
        ]

    def position(self, partition: Partition) -> int:
        with reporting():
            return self.client.position(TopicPartition(*partition))

    def seek(self, partition: Partition, offset: int) -> None:
        self.client.seek(TopicPartition(*partition), offset)

    def pause(self, *partitions: Partition) -> None:
        self.client.pause(*(TopicPartition(*partition) for partition in partitions))

    def resume(self, *partitions: Partition) -> None:
        self.client.resume(*(TopicPartition(*partition) for partition in partitions))

    def commit(self, offsets: Mapping[Partition, int] | None = None) -> None:
        chosen = offsets and {TopicPartition(*p): OffsetAndMetadata(offset, "", -1) for p, offset in offsets.items()}
        with reporting():
            self.client.commit(chosen)

    def committed(self, partition: Partition) -> int | None:
        with reporting():
            return self.client.committed(TopicPartition(*partition))

    def beginning_offset(self, partition: Partition) -> int:
        with reporting():
            return next(iter(self.client.beginning_offsets([TopicPartition(*partition)]).values()))

    def end_offset(self, partition: Partition) -> int:
        with reporting():
            return next(iter(self.client.end_offsets([TopicPartition(*partition)]).values()))

    def offset_for_time(self, partition: Partition, timestamp_ms: int) -> int | None:
        with reporting():
            found = self.client.offsets_for_times({TopicPartition(*partition): timestamp_ms})
        place = next(iter(found.values()))
        return place and place.offset

    def close(self) -> None:
        self.client.close()


class Admin:
    def __init__(self, address: str) -> None:
        self.client = kafka.KafkaAdminClient(bootstrap_servers=address)

    def create_topic(self, name: str, partitions: int = 1, replicas: int = 1, configs: Mapping[str, str] = {}) -> None:
        asked = {"num_partitions": partitions, "replication_factor": replicas, "configs": dict(configs)}
        with reporting():
            self.client.create_topics({name: asked})

    def validate_topic(self, name: str) -> None:
        with reporting():
            self.client.create_topics({name: {"num_partitions": 1}}, validate_only=True)

    def delete_topic(self, name: str) -> None:
        with reporting():
            self.client.delete_topics([name])

    def topics(self) -> dict[str, int]:
        described = self.client.describe_topics()
        return {topic["name"]: len(topic["partitions"]) for topic in described if not topic["is_internal"]}

    def topic_id(self, name: str) -> str:
        return str(self.client.describe_topics([name])[0]["topic_id"])

    def groups(self, state: str | None = None) -> set[str]:
        return {group["group_id"] for group in self.client.list_groups(states_filter=[state] if state else None)}

    def delete_group(self, group_id: str) -> None:
        with reporting():
            outcome = self.client.delete_groups([group_id])[group_id]
        if outcome != "OK":
            raise Failed(getattr(errors, outcome).errno, outcome)

    def describe_group(self, group_id: str) -> GroupDescription:
        with reporting():
            group = self.client.describe_groups([group_id])[group_id]
        return GroupDescription(
            group["group_state"], {m["member_id"]: _assigned(m["member_assignment"]) for m in group["members"]}
        )

    def describe_cluster(self) -> ClusterDescription:
        cluster = self.client.describe_cluster()
        brokers = {(broker["broker_id"], broker["host"], broker["port"]) for broker in cluster["brokers"]}
        return ClusterDescription(cluster["cluster_id"], cluster["controller_id"], brokers)

    def close(self) -> None:
        self.client.close()


def _assigned(assignment: Any) -> set[Partition]:
    if not assignment:
        return set()
    topics = assignment["assigned_partitions"]
    return {Partition(each["topic"], partition) for each in topics for partition in each["partitions"]}


producer, consumer, admin = Producer, Consumer, Admin
