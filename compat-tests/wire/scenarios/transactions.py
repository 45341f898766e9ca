"""Transactions in a partition, of hand-made batches and markers: who reads what while they are open, and afterwards."""

from __future__ import annotations

from typing import Any

from both.batches import batch
from both.client import Broker, Topic, produced
from pykbroker_protocol.apis.delete_records import DELETE_RECORDS
from pykbroker_protocol.apis.describe_producers import DESCRIBE_PRODUCERS
from pykbroker_protocol.apis.fetch import FETCH
from pykbroker_protocol.apis.init_producer_id import INIT_PRODUCER_ID
from pykbroker_protocol.apis.list_offsets import LIST_OFFSETS
from pykbroker_protocol.apis.produce import PRODUCE
from pykbroker_protocol.apis.write_txn_markers import WRITE_TXN_MARKERS

from . import Answers, scenario
from .deletion import delete
from .fetch import asked, fetch

TRANSACTIONAL = 0x10
COMMIT, ABORT = True, False
Markers = WRITE_TXN_MARKERS.request.type


class Writer:
    """A producer with an id of its own, and batches of one record."""

    def __init__(self, broker: Broker, topic: Topic) -> None:
        self.broker, self.topic = broker, topic
        self.id = broker.ask(INIT_PRODUCER_ID, 4, transactional_id=None, transaction_timeout_ms=1000).producer_id
        self.epoch, self.sequence = 0, 0

    def write(self, version: int = 11, partition: int = 0, **fields: int) -> Any:
        """A batch in its transaction."""
        told = {"producer_id": self.id, "producer_epoch": self.epoch, "base_sequence": self.sequence}
        records = batch(**{"attributes": TRANSACTIONAL} | told | fields)
        self.sequence = fields.get("base_sequence", self.sequence) + 1
        part = produced(self.topic, (partition, records))
        return self.broker.ask(
            PRODUCE, version, transactional_id="somebody", acks=-1, timeout_ms=10_000, topic_data=[part]
        )

    def end(self, result: bool, version: int = 1, partition: int = 0, **fields: int) -> Any:
        return self.broker.ask(
            WRITE_TXN_MARKERS, version, markers=[self.marker(result, self.topic.name, partition, **fields)]
        )

    def marker(self, result: bool, topic: str, *partitions: int, **fields: int) -> Any:
        where = Markers.WritableTxnMarker.WritableTxnMarkerTopic(name=topic, partition_indexes=list(partitions))
        told = {"producer_id": self.id, "producer_epoch": self.epoch, "coordinator_epoch": 3, "topics": [where]}
        return Markers.WritableTxnMarker(transaction_result=result, **told | fields)


def writers(broker: Broker, topic: Topic, count: int) -> list[Writer]:
    return [Writer(broker, topic) for _ in range(count)]


def offset_of(broker: Broker, version: int, topic: Topic, timestamp: int, isolation_level: int = 1) -> Any:
    Request = LIST_OFFSETS.request.type
    wanted = Request.ListOffsetsTopic.ListOffsetsPartition(partition_index=0, timestamp=timestamp)
    topics = [Request.ListOffsetsTopic(name=topic.name, partitions=[wanted])]
    return broker.ask(LIST_OFFSETS, version, replica_id=-1, isolation_level=isolation_level, topics=topics)


def producers_of(broker: Broker, topic: Topic) -> Any:
    Request = DESCRIBE_PRODUCERS.request.type
    return broker.ask(DESCRIBE_PRODUCERS, 0, topics=[Request.TopicRequest(name=topic.name, partition_indexes=[0])])


@scenario(FETCH)
def transactions_read(broker: Broker, version: int) -> Answers:
    """Two that interleave, one committed, one aborted, one open, and plain batches between them."""
    topic = broker.topic("t")
    first, second, third = writers(broker, topic, 3)
    broker.produce(topic, batch())
    for writer in (first, second, first):
        writer.write()
    broker.produce(topic, batch())

    def read(label: str) -> Answers:
        for level in (0, 1):
            for offset in (0, 2, 4, 6, 8, 9):
                where = {"fetch_offset": offset}
                yield (
                    f"{label}, level {level} from {offset}",
                    fetch(broker, version, asked(topic, where), isolation_level=level),
                )
        small = {"partition_max_bytes": 100}
        yield f"{label}, a little", fetch(broker, version, asked(topic, small), isolation_level=1)

    yield from read("both open")
    first.end(ABORT)
    yield from read("the first aborted")
    second.end(COMMIT)
    yield from read("the second committed")
    third.write()
    first.write()
    first.end(ABORT)
    yield from read("another aborted while the third is open")


@scenario(FETCH)
def aborted_transactions_that_are_told_of(broker: Broker, version: int) -> Answers:
    """Many, so that the offset index has entries: which of them go with which part of the log is its business."""
    topic = broker.topic("t", index_interval_bytes="200", segment_bytes="1048576")
    many = writers(broker, topic, 3)
    for number in range(30):
        writer = many[number % 3]
        writer.write()
        if number % 4 == 3:
            writer.end(ABORT)
    for offset in (0, 3, 7, 20, 36, 37):
        for size in (1, 300, 900, 100_000):
            where = {"fetch_offset": offset, "partition_max_bytes": size}
            yield f"{size} bytes from {offset}", fetch(broker, version, asked(topic, where), isolation_level=1)


@scenario(LIST_OFFSETS)
def offsets_while_a_transaction_is_open(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    (writer,) = writers(broker, topic, 1)
    broker.produce(topic, batch())
    early, late = 1_750_000_000_000, 1_750_000_005_000

    def ask(label: str) -> Answers:
        for level in (0, 1):
            for timestamp in (-1, -2, -3, -4, -5, -6, early, late, late + 1):
                yield f"{label}, level {level}: {timestamp}", offset_of(broker, version, topic, timestamp, level)

    writer.write(base_timestamp=late)
    yield from ask("open")
    writer.end(ABORT)
    yield from ask("aborted")


@scenario(DELETE_RECORDS)
def records_of_an_open_transaction(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    (writer,) = writers(broker, topic, 1)
    for _ in range(3):
        writer.write()
    for offset in (1, 3):
        yield f"deleted up to {offset}", delete(broker, version, topic.name, (0, offset))
        yield f"the end of what is stable then, {offset}", offset_of(broker, 7, topic, -1)
        yield f"its producers then, {offset}", producers_of(broker, topic)
    writer.end(ABORT)
    yield "the end", offset_of(broker, 7, topic, -1)


@scenario(DESCRIBE_PRODUCERS)
def producers_in_transactions(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    (writer,) = writers(broker, topic, 1)
    for result in (COMMIT, ABORT):
        writer.write()
        writer.write()
        yield f"open, before {result}", producers_of(broker, topic)
        writer.end(result)
        yield f"ended by {result}", producers_of(broker, topic)
    writer.end(ABORT, producer_epoch=7)
    yield "an epoch that a marker raised", producers_of(broker, topic)


@scenario(PRODUCE, until=11)
def transactional_batches(broker: Broker, version: int) -> Answers:
    """Later versions ask a coordinator whatever the settings say (KIP-890)."""
    topic = broker.topic("t")
    (writer,) = writers(broker, topic, 1)
    yield "the first", writer.write(version)
    yield "the next", writer.write(version)
    yield "again", writer.write(version, base_sequence=1)
    yield "a gap", writer.write(version, base_sequence=9)
    yield "a plain batch", writer.write(version, attributes=0, base_sequence=2)
    yield "the next epoch, while it is open", writer.write(version, producer_epoch=1, base_sequence=0)
    yield "an older epoch", writer.write(version, base_sequence=3)
    yield "a marker of the client's", writer.write(version, attributes=TRANSACTIONAL | 0x20, base_sequence=2)
    yield "its producers", producers_of(broker, topic)
    writer.end(COMMIT, producer_epoch=1)
    yield "after the end", writer.write(version, producer_epoch=1, base_sequence=1)


@scenario(WRITE_TXN_MARKERS)
def markers(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=3)
    one, other = writers(broker, topic, 2)
    one.write()
    yield "no markers", broker.ask(WRITE_TXN_MARKERS, version, markers=[])
    yield "no partitions", broker.ask(WRITE_TXN_MARKERS, version, markers=[one.marker(ABORT, topic.name)])
    for name in ("nowhere", "", "in valid", "__cluster_metadata"):
        yield f"topic '{name}'", broker.ask(WRITE_TXN_MARKERS, version, markers=[one.marker(ABORT, name, 0)])
    yield "partitions", broker.ask(WRITE_TXN_MARKERS, version, markers=[one.marker(ABORT, topic.name, 0, 1, 9, -1)])
    both = [one.marker(COMMIT, topic.name, 0, 2), other.marker(ABORT, topic.name, 1)]
    yield "two producers", broker.ask(WRITE_TXN_MARKERS, version, markers=both)
    twice = [one.marker(COMMIT, topic.name, 0), one.marker(ABORT, topic.name, 1, 9)]
    yield "one producer twice", broker.ask(WRITE_TXN_MARKERS, version, markers=twice)
    yield "the batches", fetch(broker, 12, asked(topic, 0, 1, 2))
    yield "the producers", producers_of(broker, topic)


@scenario(WRITE_TXN_MARKERS)
def markers_of_older_epochs(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    (writer,) = writers(broker, topic, 1)
    writer.write(producer_epoch=4)
    for coordinator_epoch, epoch in ((3, 3), (3, 4), (2, 4), (3, 4), (5, 6), (4, 6), (4, 7), (5, 7), (0, 0), (-1, 9)):
        label = f"coordinator {coordinator_epoch}, producer's epoch {epoch}"
        yield label, writer.end(ABORT, version, producer_epoch=epoch, coordinator_epoch=coordinator_epoch)
    yield "its producers", producers_of(broker, topic)
    yield "the batches", fetch(broker, 12, asked(topic, 0), isolation_level=1)


@scenario(WRITE_TXN_MARKERS)
def markers_since_each_transaction_has_an_epoch(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    (writer,) = writers(broker, topic, 1)
    for transaction_version in (-1, 0, 1, 2, 3):
        for number, epoch in enumerate((0, 1, 1, 0, 5, 32767, 32767)):
            writer.write(producer_epoch=epoch, base_sequence=0)
            label = f"{transaction_version}: {number}., epoch {epoch}"
            yield label, writer.end(ABORT, version, producer_epoch=epoch, transaction_version=transaction_version)
            again = writer.end(COMMIT, version, producer_epoch=epoch, transaction_version=transaction_version)
            yield f"{label}, again", again
        (writer,) = writers(broker, topic, 1)
