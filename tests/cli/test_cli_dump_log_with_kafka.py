"""Kafka's DumpLogSegments finds no fault with a directory that pykbroker wrote, and ours says the same of its files.

Needs Java 17 and the jars that `scripts/kafka install` fetches.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import Typed, typed
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from running import serving

SCRIPT = Path(__file__).parents[2] / "scripts" / "kafka"
LIB = Path(os.environ.get("PYKBROKER_KAFKA", "~/.cache/pykbroker-kafka")).expanduser() / "lib"
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
TOOL = "org.apache.kafka.tools.DumpLogSegments"
OF_THE_BROKER = ("__consumer_offsets", "__cluster_metadata")
SEGMENTS = ".log .index .timeindex .snapshot"
LONG_AGO = 1_700_000_000_000

pytestmark = [
    pytest.mark.java,
    pytest.mark.skipif(shutil.which("java") is None, reason="NOT RUN: no Java here, so nobody asked Kafka's own tools"),
    pytest.mark.skipif(not LIB.is_dir(), reason=f"NOT RUN: no jars in {LIB}; `scripts/kafka install` fetches them"),
]


def write(address: str, topic: str, count: int, **settings: object) -> None:
    """`count` records of five keys, a minute apart, each in a batch of its own."""
    producer = Producer({"bootstrap.servers": address, "linger.ms": 0, "batch.num.messages": 1, **settings})
    for number in range(count):
        value = None if number % 7 == 3 else b"value %d" % number + b"." * 200
        producer.produce(
            topic, value, key=b"%d" % (number % 5), timestamp=LONG_AGO + 60_000 * number, headers={"h": b"x"}
        )
    producer.flush()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every codec, compaction, retention, deleted records, idempotent producers, a group, configs, a deleted topic."""
    data = tmp_path_factory.mktemp("dumped") / "data"
    soon = [
        word for name in ("log.cleaner.backoff.ms", "log.retention.check.interval.ms") for word in ("-c", f"{name}=100")
    ]
    with serving(data, "--profile", "test", *soon) as broker:
        pk, address = Typed(broker.port), f"127.0.0.1:{broker.port}"
        rolls = ["-c", "segment.ms=600000", "-c", "index.interval.bytes=100", "-c", "retention.ms=-1"]
        compacted = ["-c", "cleanup.policy=compact", "-c", "min.cleanable.dirty.ratio=0"]
        for codec in CODECS:
            pk.said("topics", "create", codec, *rolls)
            write(address, codec, 30, **{"compression.type": codec, "enable.idempotence": codec != "none"})
        pk.said("topics", "create", "compacted", *rolls, *compacted)
        write(address, "compacted", 60, **{"enable.idempotence": True})
        pk.said("topics", "create", "expired", *rolls)
        write(address, "expired", 30)
        admin = AdminClient({"bootstrap.servers": address})
        (deleted,) = admin.delete_records([TopicPartition("zstd", 0, 14)]).values()
        deleted.result(20)
        pk.said("topics", "create", "gone", *rolls)
        pk.said("topics", "delete", "gone", "--yes")
        pk.said("configs", "set", "topic", "expired", "retention.ms=1")
        consumer = Consumer({"bootstrap.servers": address, "group.id": "readers", "auto.offset.reset": "earliest"})
        consumer.subscribe(["lz4"])
        assert consumer.poll(20) is not None
        consumer.commit(offsets=[TopicPartition("lz4", 0, 7)], asynchronous=False)
        consumer.close()
        wait_for(lambda: "compacted" in (data / "cleaner-offset-checkpoint").read_text())
        wait_for(lambda: len(list((data / "expired-0").glob("*.log"))) == 1)
        assert broker.stop() == 0
    return data


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except FileNotFoundError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


@pytest.fixture(scope="module")
def kafkas() -> Iterator[Callable[..., str]]:
    """What Kafka's DumpLogSegments says; all runs are in one JVM."""
    with subprocess.Popen([SCRIPT, "tools"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as jvm:
        assert jvm.stdin
        assert jvm.stdout

        def ask(*arguments: str) -> str:
            question = {"class": TOOL, "arguments": arguments, "input": "", "seconds": 60}
            print(json.dumps(question), file=jvm.stdin, flush=True)
            answer = json.loads(jvm.stdout.readline())  # type: ignore[union-attr]
            assert answer["status"] in (0, None), answer
            return str(answer["output"] + answer["errors"])

        yield ask
        jvm.kill()


def files(directory: Path, suffixes: str, is_wanted: Callable[[str], bool]) -> str:
    found = [
        str(path)
        for path in sorted(directory.glob("*/0*"))
        if path.suffix in suffixes.split() and is_wanted(path.parent.name.rpartition("-")[0])
    ]
    assert found
    return ",".join(found)


KNOWN = re.compile(
    r"Dumping |Log starting offset: |baseOffset: .* isvalid: true|\| offset: |producerId: |offset: \d+ position: "
    r"|timestamp: \d+ offset: |.* passed sanity check\.$|.* is empty\.$|KafkaMetadata|Snapshot end offset"
)
QUIRK = re.compile(r"Non-consecutive offsets in |  -1 is followed by \d+$|  \d+ is followed by \d+$")


def complaints(said: str) -> list[str]:
    return [line for line in said.splitlines() if line and not KNOWN.match(line) and not QUIRK.match(line)]


def is_a_clients(topic: str) -> bool:
    return topic not in OF_THE_BROKER


def test_kafka_finds_no_fault_with_topics_and_says_of_them_what_we_say(
    directory: Path, kafkas: Callable[..., str]
) -> None:
    said = kafkas("--deep-iteration", "--files", files(directory, SEGMENTS, is_a_clients))
    assert complaints(said) == []
    facts = facts_of_kafka(said)
    assert facts == facts_of_ours(directory)
    assert len(facts) > 300
    assert set(re.findall(r"compresscodec: (\w+)", said)) == set(CODECS)
    assert "deleteHorizonMs: OptionalLong[" in said


def test_kafka_finds_no_fault_with_the_indexes(directory: Path, kafkas: Callable[..., str]) -> None:
    indexes = files(directory, ".index .timeindex", is_a_clients)
    assert complaints(kafkas("--verify-index-only", "--files", indexes)) == []
    said = kafkas("--index-sanity-check", "--files", indexes)
    passed = said.count("passed sanity check") + said.count(" is empty.")
    assert (complaints(said), passed) == ([], indexes.count(",") + 1)


def test_kafka_decodes_what_groups_left(directory: Path, kafkas: Callable[..., str]) -> None:
    logs = files(directory, ".log", lambda topic: topic == "__consumer_offsets")
    said = kafkas("--offsets-decoder", "--files", logs)
    assert "Could not decode" not in said
    assert complaints(said) == []
    assert '"group":"readers","topic":"lz4","partition":0' in said
    assert re.search(r'payload: \{"version":"4","data":\{"offset":7,', said), said


def test_kafka_decodes_the_catalog(directory: Path, kafkas: Callable[..., str]) -> None:
    said = kafkas("--cluster-metadata-decoder", "--files", files(directory, ".log", "__cluster_metadata".__eq__))
    assert "Could not decode" not in said
    assert complaints(said) == []
    for word in ('"name":"gone"', "REMOVE_TOPIC_RECORD", '"name":"retention.ms","value":"1"', "LeaderChange"):
        assert word in said


def facts_of_kafka(said: str) -> list[tuple[str, ...]]:
    found = []
    for line in said.splitlines():
        if line.startswith("baseOffset"):
            words = line.replace("OptionalLong[", "").replace("]", "").replace("OptionalLong.empty", "null")
            pairs = dict(zip(words.split(" ")[::2], words.split(" ")[1::2], strict=False))
            names = (
                "baseOffset lastOffset count baseSequence lastSequence producerId producerEpoch partitionLeaderEpoch "
                "isTransactional isControl deleteHorizonMs position CreateTime size compresscodec crc"
            )
            found.append(tuple(pairs[f"{name}:"] for name in names.split()))
        elif match := re.match(r"offset: (\d+) position: (\d+)|timestamp: (\d+) offset: (\d+)", line):
            found.append(tuple(filter(None, match.groups())))
        elif match := re.match(
            r"producerId: (-?\d+) producerEpoch: (-?\d+) coordinatorEpoch: (-?\d+) .* lastTimestamp: (\d+)", line
        ):
            found.append(match.groups())
    return sorted(found)


def facts_of_ours(directory: Path) -> list[tuple[str, ...]]:
    result = typed("dump-log", "--json", str(directory))
    assert result.exit_code == 0, result.output
    names = (
        "base_offset last_offset records base_sequence last_sequence producer_id producer_epoch partition_leader_epoch "
        "is_transactional is_control delete_horizon_ms position max_timestamp size_bytes codec crc"
    )
    kinds = (
        names.split(),
        ["offset", "position"],
        ["timestamp", "offset"],
        ["producer_id", "producer_epoch", "coordinator_epoch", "last_timestamp"],
    )
    found = []
    for line in map(json.loads, result.stdout.splitlines()):
        if is_a_clients(Path(line["file"]).parent.name.rpartition("-")[0]):
            kind = next((kind for kind in kinds if all(name in line for name in kind)), None)
            if kind is not None:
                found.append(tuple(text if isinstance(text := line[name], str) else json.dumps(text) for name in kind))
    return sorted(found)
