"""aiokafka, unmodified, on an event loop in a thread of its own: its background tasks run while a test waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from clients import ClusterDescription, Failed, GroupDescription, Headers, Partition, Place, Rebalances, Record

name = "aiokafka"

T = TypeVar("T")
TIMEOUT_S = 60
LOOP = asyncio.new_event_loop()
threading.Thread(target=LOOP.run_forever, name="aiokafka", daemon=True).start()


@contextmanager
def reporting() -> Any:
    try:
        yield
    except KafkaError as fault:
        raise Failed(getattr(fault, "errno", None) or -1, repr(fault)) from fault


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    with reporting():
        return asyncio.run_coroutine_threadsafe(coroutine, LOOP).result(TIMEOUT_S)


async def started(kind: Callable[..., Any], **settings: object) -> Any:
    """aiokafka's objects are made on the loop that they run on."""
    client = kind(**settings)
    try:
        await client.start()
    except BaseException:
        await (client.close() if kind is AIOKafkaAdminClient else client.stop())
        raise
    return client


async def call(function: Callable[..., T], *arguments: object) -> T:
    return function(*arguments)


class Producer:
    def __init__(self, address: str, **settings: object) -> None:
        self.client = run(started(aiokafka.AIOKafkaProducer, bootstrap_servers=address, **settings))

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
        sent = run(self.client.send(topic, value, key, partition, timestamp_ms, list(headers)))

        async def acknowledgement() -> Place:
            metadata = await sent
            return Place(metadata.partition, metadata.offset)

        return lambda: run(acknowledgement())

    def flush(self) -> None:
        run(self.client.flush())

    def close(self) -> None:
        run(self.client.stop())


class Consumer(aiokafka.ConsumerRebalanceListener):
    def __init__(self, address: str, *topics: str, **settings: object) -> None:
        self.client = run(started(aiokafka.AIOKafkaConsumer, bootstrap_servers=address, **settings))
        self.rebalances = Rebalances()
        if topics:
            self.subscribe(*topics)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.rebalances.gained(assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.rebalances.lost(revoked)

    def subscribe(self, *topics: str) -> None:
        run(call(lambda: self.client.subscribe(topics, listener=self)))

    def assign(self, partitions: Iterable[Partition], at: int | None = None) -> None:
        chosen = [TopicPartition(*partition) for partition in partitions]
        run(call(self.client.assign, chosen))
        for partition in chosen if at is not None else []:
            run(call(self.client.seek, partition, at))

    def poll(self, seconds: float) -> list[Record]:
        polled = run(self.client.getmany(timeout_ms=int(seconds * 1000)))
        return [
            Record(r.topic, r.partition, r.offset, r.key, r.value, tuple(r.headers), r.timestamp)
            for records in polled.values()
            for r in records
        ]

    def position(self, partition: Partition) -> int:
        return run(self.client.position(TopicPartition(*partition)))

    def seek(self, partition: Partition, offset: int) -> None:
        run(call(self.client.seek, TopicPartition(*partition), offset))

    def pause(self, *partitions: Partition) -> None:
        run(call(self.client.pause, *(TopicPartition(*partition) for partition in partitions)))

    def resume(self, *partitions: Partition) -> None:
        run(call(self.client.resume, *(TopicPartition(*partition) for partition in partitions)))

    def commit(self, offsets: Mapping[Partition, int] | None = None) -> None:
        chosen = offsets and {TopicPartition(*p): OffsetAndMetadata(offset, "") for p, offset in offsets.items()}
        run(self.client.commit(chosen))

    def committed(self, partition: Partition) -> int | None:
        return run(self.client.committed(TopicPartition(*partition)))

    def beginning_offset(self, partition: Partition) -> int:
        return next(iter(run(self.client.beginning_offsets([TopicPartition(*partition)])).values()))

    def end_offset(self, partition: Partition) -> int:
        return next(iter(run(self.client.end_offsets([TopicPartition(*partition)])).values()))

    def offset_for_time(self, partition: Partition, timestamp_ms: int) -> int | None:
        found = run(self.client.offsets_for_times({TopicPartition(*partition): timestamp_ms}))
        place = next(iter(found.values()))
        return place and place.offset

    def close(self) -> None:
        # aiokafka lets the end of a background task that it cancelled itself escape when the broker has been away.
        with suppress(CancelledError):
            run(self.client.stop())


class Admin:
    def __init__(self, address: str) -> None:
        self.client = run(started(AIOKafkaAdminClient, bootstrap_servers=address))

    def create_topic(self, name: str, partitions: int = 1, replicas: int = 1, configs: Mapping[str, str] = {}) -> None:
        topic = NewTopic(name, partitions, replicas, topic_configs=dict(configs))
        for _, code, text in run(self.client.create_topics([topic])).topic_errors:
            if code:
                raise Failed(code, text)

    def delete_topic(self, name: str) -> None:
        for _, code in run(self.client.delete_topics([name])).topic_error_codes:
            if code:
                raise Failed(code, f"deleting {name}")

    def topics(self) -> dict[str, int]:
        described = run(self.client.describe_topics())
        return {topic["topic"]: len(topic["partitions"]) for topic in described if not topic["is_internal"]}

    def groups(self) -> set[str]:
        return {group[0] for group in run(self.client.list_consumer_groups())}

    def describe_group(self, group_id: str) -> GroupDescription:
        (answer,) = run(self.client.describe_consumer_groups([group_id]))
        (group,) = answer.to_object()["groups"]
        members = {member["member_id"]: _assigned(member["member_assignment"]) for member in group["members"]}
        return GroupDescription(group["state"], members)

    def describe_cluster(self) -> ClusterDescription:
        cluster = run(self.client.describe_cluster())
        brokers = {(broker["node_id"], broker["host"], broker["port"]) for broker in cluster["brokers"]}
        return ClusterDescription(cluster["cluster_id"], cluster["controller_id"], brokers)

    def close(self) -> None:
        run(self.client.close())


def _assigned(assignment: bytes) -> set[Partition]:
    if not assignment:
        return set()
    topics = ConsumerProtocol.ASSIGNMENT.decode(assignment).assignment
    return {Partition(topic, partition) for topic, partitions in topics for partition in partitions}


producer, consumer, admin = Producer, Consumer, Admin
