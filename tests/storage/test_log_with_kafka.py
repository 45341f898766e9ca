"""Apache Kafka's own tools read what is written here, and its directories are read here.

Needs Java 17 and the jars that `scripts/kafka install` fetches.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from logs import NOW, end, fill, open_log, put, transact, values

from pykbroker.config.topic import LogConfig
from pykbroker.storage import names
from pykbroker.storage.checkpoints import read_topic_id
from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.partition_log import PartitionLog

SCRIPT = Path(__file__).parents[2] / "scripts" / "kafka"
LIB = Path(os.environ.get("PYKBROKER_KAFKA", "~/.cache/pykbroker-kafka")).expanduser() / "lib"
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
SEGMENT_BYTES = 1_048_576  # the least that Kafka allows

pytestmark = [
    pytest.mark.java,
    pytest.mark.skipif(shutil.which("java") is None, reason="NOT RUN: no Java here, so nobody asked Kafka's own tools"),
    pytest.mark.skipif(not LIB.is_dir(), reason=f"NOT RUN: no jars in {LIB}; `scripts/kafka install` fetches them"),
]


def dump(*arguments: str | Path) -> str:
    """What Kafka's DumpLogSegments says."""
    command = [str(SCRIPT), "tool", "dump-log", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr  # what does not fit goes to standard error


def complaints(said: str) -> list[str]:
    """Lines that are not about a file, a batch, a record, an index entry or a producer."""
    known = re.compile(
        r"Dumping |Log starting offset: |baseOffset: .* isvalid: true|\| offset: |producerId: "
        r"|offset: \d+ position: |timestamp: \d+ offset: |version: 0 producerId: |.* passed sanity check\.$"
    )
    # Of a segment that does not begin at 0 the tool takes its own -1 for an offset, in Kafka's directories too.
    quirk = re.compile(r"Non-consecutive offsets in .*|  -1 is followed by \d+$")
    return [line for line in said.splitlines() if line and not known.match(line) and not quirk.match(line)]


@contextmanager
def kafka(data: Path) -> Iterator[str]:
    """An Apache Kafka on that directory, stopped cleanly at the end."""
    with subprocess.Popen(
        [SCRIPT, "serve", "--data", data, "-c", "transaction.state.log.num.partitions=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as broker:
        assert broker.stdout is not None
        address = next((line.split()[3].rstrip(",") for line in broker.stdout if "Kafka Server started" in line), None)
        try:
            assert address, "Kafka did not start"
            yield address
        finally:
            broker.send_signal(signal.SIGTERM)


def opened(data: Path, topic: str, partition: int = 0) -> tuple[DataDirectory, PartitionLog]:
    directory = DataDirectory.open(data, new_uuid=lambda: os.urandom(16))
    topic_id = read_topic_id(data / f"{topic}-{partition}")
    assert topic_id
    directory.create_partition(topic, partition, topic_id, LogConfig(segment_bytes=SEGMENT_BYTES))
    return directory, directory.partition(topic, partition)


def test_kafkas_tools_find_no_fault_with_our_files(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(segment_bytes=8000, index_interval_bytes=300))
    for number in range(250):
        timestamp = NOW + number * 10 - 500 * (number % 7 == 0)
        fields = {"codec": number % 5, "producer_id": number % 3 + 1, "producer_epoch": 0}
        put(log, b"a" * 50, None, b"%d" % number, timestamp=timestamp, base_sequence=number // 3 * 3, **fields)
    first_offset = log.log_end_offset
    for committed in (False, True):
        transact(log, b"v", producer_id=9)
        end(log, committed=committed, producer_id=9)
    transact(log, b"open", producer_id=9)
    log.close()
    files = sorted((tmp_path / "orders-0").glob("0*"))
    assert len(files) > 12
    said = dump("--deep-iteration", "--files", ",".join(map(str, files)))
    assert complaints(said) == []
    assert len(re.findall(r"isvalid: true", said)) == 255
    assert set(re.findall(r"compresscodec: (\w+)", said)) == set(CODECS)
    assert len(re.findall(r"^\| offset: ", said, re.MULTILINE)) == log.log_end_offset
    assert re.findall(r"endTxnMarker: (\w+) coordinatorEpoch: (\d)", said) == [("ABORT", "7"), ("COMMIT", "7")]
    producer = "producerId: 9 producerEpoch: 0 coordinatorEpoch: 7 currentTxnFirstOffset: OptionalLong"
    assert f"{producer}[{first_offset + 4}]" in said
    aborted = f"version: 0 producerId: 9 firstOffset: {first_offset} lastOffset: {first_offset + 1} lastStableOffset: "
    assert f"{aborted}{first_offset + 2}\n" in said
    indexes = ",".join(str(file) for file in files if file.suffix in (".index", ".timeindex"))
    said = dump("--index-sanity-check", "--files", indexes)
    assert (complaints(said), said.count("passed sanity check")) == ([], indexes.count(",") + 1)
    assert complaints(dump("--verify-index-only", "--files", indexes)) == []


def test_the_dump_that_finds_no_fault_would_find_one(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(index_interval_bytes=300))
    fill(log, 20)
    log.close()
    path = Path(log.segments[0].path)
    index = bytearray(path.with_suffix(".index").read_bytes())
    index[4:8] = bytes(4)  # the first entry's position
    path.with_suffix(".index").write_bytes(index)
    assert complaints(dump("--deep-iteration", "--files", path.with_suffix(".index"))) != []


def produce(address: str) -> list[bytes]:
    """Two segments of idempotent batches in every codec, an open transaction beside them; the values in order."""
    admin = AdminClient({"bootstrap.servers": address})
    topic = NewTopic("orders", 2, 1, config={"segment.bytes": str(SEGMENT_BYTES)})
    admin.create_topics([topic])["orders"].result()
    sent = []
    for codec in CODECS:
        producer = Producer({"bootstrap.servers": address, "enable.idempotence": True, "compression.type": codec})
        for _ in range(30):
            sent.append(os.urandom(10_000) + codec.encode())
            producer.produce("orders", sent[-1], partition=0, timestamp=NOW + len(sent), headers=[("h", b"x")])
        producer.flush()
    producer = Producer({"bootstrap.servers": address, "transactional.id": "t"})
    producer.init_transactions()
    for commit in (True, False):
        producer.begin_transaction()
        producer.produce("orders", b"committed" if commit else b"open", partition=1)
        producer.flush()
        if commit:
            producer.commit_transaction()
    return sent


def consume(address: str, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "g", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition("orders", 0, OFFSET_BEGINNING)])
    found: list[bytes] = []
    while len(found) < count and (message := consumer.poll(20)) is not None:
        assert message.error() is None
        found.append(message.value())
    consumer.close()
    return found


def test_a_directory_goes_from_kafka_to_us_and_back(tmp_path: Path) -> None:
    data, killed = tmp_path / "data", tmp_path / "killed"
    with kafka(data) as address:
        sent = produce(address)
        shutil.copytree(data, killed)  # as a kill would leave it

    directory, log = opened(killed, "orders")
    assert (directory.clean, values(log), len(log.segments)) == (False, sent, 2)
    directory.abandon()

    directory, transactions = opened(data, "orders", 1)
    assert (directory.clean, transactions.last_stable_offset, transactions.log_end_offset) == (True, 2, 3)
    directory.abandon()
    (data / names.CLEAN_SHUTDOWN).touch()
    directory, log = opened(data, "orders")
    assert (values(log), log.scanned_bytes, len(log.producers)) == (sent, 0, len(CODECS))
    assert [log.offset_for_timestamp(NOW + 1 + number).offset for number in range(len(sent))] == list(range(len(sent)))
    ours = [os.urandom(10_000) for _ in range(120)]
    for number, value in enumerate(ours):
        put(log, value, timestamp=NOW + 1000 + number, leader_epoch=log.leader_epoch, codec=number % 5)
    assert len(log.segments) == 3
    directory.close()

    assert (
        complaints(dump("--deep-iteration", "--skip-record-metadata", "--files", *map(str, [log.segments[1].path])))
        == []
    )
    with kafka(data) as address:
        assert consume(address, len(sent + ours)) == sent + ours
