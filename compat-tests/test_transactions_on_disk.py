"""Transactions that Apache Kafka wrote are read alike on pykbroker, and on Kafka again; one that hangs is ended here.

pykbroker coordinates none yet, so Kafka's producers write them, and the other broker is started on their directory.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import confluent_kafka
from aiokafka import AIOKafkaProducer
from broker_process import ROOT, Broker
from clients import Partition
from conftest import CLIENTS, load
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

sys.path.append(str(ROOT / "compat-tests/wire"))
from both.batches import batch, record
from both.client import Broker as Raw
from both.client import Topic, produced
from pykbroker_protocol.apis.describe_producers import DESCRIBE_PRODUCERS
from pykbroker_protocol.apis.fetch import FETCH
from pykbroker_protocol.apis.list_offsets import LIST_OFFSETS
from pykbroker_protocol.apis.produce import PRODUCE

TOPIC = "paid"
HANGING = 4242  # a producer whose transaction no coordinator knows
SETTINGS = {
    "transaction.partition.verification.enable": "false",  # so that one can be left hanging
    "transaction.state.log.num.partitions": 1,
    "offsets.topic.num.partitions": 1,
}


def test_transactions_that_kafka_wrote_are_read_alike_here_and_by_kafka_again(only_with_kafka, tmp_path):
    signal.alarm(240)  # three brokers, nine producers, 24 consumers
    seen = []
    for kind in ("kafka", "pykbroker", "kafka"):
        broker = Broker(kind, tmp_path / "data", SETTINGS)
        broker.start()
        try:
            if not seen:
                write(broker.address)
            seen.append(view(broker.address))
            if kind == "pykbroker":
                abort_by_kafkas_tool(broker.address)
                seen.append(view(broker.address))
        finally:
            broker.stop()
    by_kafka, here, here_ended, by_kafka_again = seen
    assert here == by_kafka
    assert by_kafka_again == here_ended
    assert {"kept", "open", "behind"} <= {value.split()[0] for value in here["confluent-kafka", "read_uncommitted"]}
    assert not any(value.startswith(("lost", "open")) for value in here_ended["confluent-kafka", "read_committed"])
    assert here_ended["confluent-kafka", "read_committed"][-1] == "behind"


def write(address: str) -> None:
    """Committed and aborted ones of three clients, over several segments, then one left hanging, and a plain record."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(TOPIC, 1, 1, topic_configs={"segment.bytes": "1048576"})])
    admin.close()
    for kept in ("lost", "kept", "lost"):
        with_kafka_python(address, kept)
        with_confluent(address, kept)
        asyncio.run(with_aiokafka(address, kept))
    with raw(address) as broker:
        fields = {"attributes": 0x10, "producer_id": HANGING, "producer_epoch": 0, "base_sequence": 0}
        for sequence in (0, 1):
            part = produced(
                Topic(TOPIC), (0, batch(**fields | {"base_sequence": sequence}, records=record(value=b"open")))
            )
            answer = broker.ask(PRODUCE, 11, transactional_id="x", acks=-1, timeout_ms=9000, topic_data=[part])
            assert answer.responses[0].partition_responses[0].error_code == 0
    producer = KafkaProducer(bootstrap_servers=address)
    producer.send(TOPIC, b"behind", partition=0).get(20)
    producer.close()


def values(kept: str, client: str) -> list[bytes]:
    return [f"{kept} {client} {number} ".encode() + b"x" * 40_000 for number in range(4)]


def with_kafka_python(address: str, kept: str) -> None:
    producer = KafkaProducer(bootstrap_servers=address, transactional_id="kafka-python")
    producer.init_transactions()
    producer.begin_transaction()
    for value in values(kept, "kafka-python"):
        producer.send(TOPIC, value, partition=0).get(20)
    producer.commit_transaction() if kept == "kept" else producer.abort_transaction()
    producer.close()


def with_confluent(address: str, kept: str) -> None:
    producer = confluent_kafka.Producer({"bootstrap.servers": address, "transactional.id": "confluent"})
    producer.init_transactions(20)
    producer.begin_transaction()
    for value in values(kept, "confluent"):
        producer.produce(TOPIC, value, partition=0)
    producer.flush(20)
    producer.commit_transaction(20) if kept == "kept" else producer.abort_transaction(20)


async def with_aiokafka(address: str, kept: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=address, transactional_id="aiokafka") as producer:
        await producer.begin_transaction()
        for value in values(kept, "aiokafka"):
            await producer.send_and_wait(TOPIC, value, partition=0)
        await (producer.commit_transaction() if kept == "kept" else producer.abort_transaction())


def view(address: str) -> dict[Any, Any]:
    """What each client reads at each isolation level, and what a raw client is told."""
    seen: dict[Any, Any] = {}
    for name in CLIENTS:
        for level in ("read_uncommitted", "read_committed"):
            seen[name, level] = list(read(load(name), address, level))
    with raw(address) as broker:
        seen["offsets"] = [offset(broker, level, timestamp) for level in (0, 1) for timestamp in (-1, -2, -3, -4, -5)]
        seen["producers"] = described(broker)
        seen["fetched"] = [fetched(broker, offset) for offset in range(0, 49, 4)]
    return seen


def read(client: Any, address: str, level: str) -> Iterator[str]:
    """The first words of the values, until nothing comes any more."""
    consumer = client.consumer(address, isolation_level=level)
    consumer.assign([Partition(TOPIC, 0)], at=0)
    found = consumer.poll(20)
    while found:
        yield from (each.value.rstrip(b"x").decode().strip() for each in found)
        found = consumer.poll(1)
    consumer.close()


def raw(address: str) -> Raw:
    host, port = address.split(":")
    return Raw(host, int(port))


def offset(broker: Raw, level: int, timestamp: int) -> tuple[int, int, int]:
    Request = LIST_OFFSETS.request.type
    wanted = Request.ListOffsetsTopic.ListOffsetsPartition(partition_index=0, timestamp=timestamp)
    topics = [Request.ListOffsetsTopic(name=TOPIC, partitions=[wanted])]
    (found,) = broker.ask(LIST_OFFSETS, 9, replica_id=-1, isolation_level=level, topics=topics).topics[0].partitions
    return found.error_code, found.timestamp, found.offset


def described(broker: Raw) -> list[tuple[int, ...]]:
    topics = [DESCRIBE_PRODUCERS.request.type.TopicRequest(name=TOPIC, partition_indexes=[0])]
    (partition,) = broker.ask(DESCRIBE_PRODUCERS, 0, topics=topics).topics[0].partitions
    fields = ("producer_id", "producer_epoch", "last_sequence", "coordinator_epoch", "current_txn_start_offset")
    return sorted(tuple(getattr(each, field) for field in fields) for each in partition.active_producers)


def fetched(broker: Raw, at: int) -> Any:
    """What a Fetch of committed records says about its transactions."""
    Request = FETCH.request.type
    wanted = Request.FetchTopic.FetchPartition(partition=0, fetch_offset=at, partition_max_bytes=100_000)
    topics = [Request.FetchTopic(topic=TOPIC, partitions=[wanted])]
    limits = {"max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 30, "replica_id": -1, "session_epoch": -1}
    answer = broker.ask(FETCH, 11, isolation_level=1, topics=topics, forgotten_topics_data=[], rack_id="", **limits)
    (partition,) = answer.responses[0].partitions
    aborted = sorted((each.producer_id, each.first_offset) for each in partition.aborted_transactions)
    return partition.high_watermark, partition.last_stable_offset, len(partition.records), aborted


def abort_by_kafkas_tool(address: str) -> None:
    """As whoever finds a hanging transaction does it."""
    with raw(address) as broker:
        start = next(str(each[-1]) for each in described(broker) if each[0] == HANGING)
    tool = [str(ROOT / "scripts/kafka"), "tool", "transactions", "--bootstrap-server", address, "abort"]
    command = [sys.executable, *tool, "--topic", TOPIC, "--partition", "0", "--start-offset", start]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
