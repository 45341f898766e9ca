"""What retention and compaction leave of the same inputs, in Apache Kafka and here, read from the files of both.

A case is a topic, its random batches and what is done to it; two brokers get the same bytes.  Compaction starts only
when all is written, so both compact the same segments, in as many rounds.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import confluent_kafka
from both.client import Broker as Wire
from both.client import Topic
from broker_process import Broker
from pykbroker_protocol.apis.delete_records import DELETE_RECORDS
from pykbroker_protocol.apis.incremental_alter_configs import INCREMENTAL_ALTER_CONFIGS

from pykbroker.cli.log_files import LogFile, transactions
from pykbroker.storage.checkpoints import read_offsets, read_topic_id
from pykbroker.storage.records import Record, build_batch, records_of

SETTINGS: dict[str, object] = {
    "log.cleaner.backoff.ms": 100,
    "log.retention.check.interval.ms": 200,
    "log.initial.task.delay.ms": 100,
    "log.segment.delete.delay.ms": 1000,
}
_FEW_PARTITIONS = {"transaction.state.log.num.partitions": 1}
KINDS = ("kafka", "pykbroker")
HOUR_MS = 3_600_000
_NEVER = {"min.cleanable.dirty.ratio": "1.0"}  # a log is compacted when more than that is dirty
_AT_ONCE = {"min.cleanable.dirty.ratio": "0.0"}
_PATIENCE_S = 60.0
_CALM_S = 1.5


@dataclass
class Case:
    """`rounds` are written one after the other; what `then` sets makes the broker act on each."""

    name: str
    configs: dict[str, str]
    rounds: list[list[bytes]]
    then: dict[str, str] = field(default_factory=dict)
    delete_before: int = 0

    @property
    def compacts(self) -> bool:
        return "compact" in self.configs.get("cleanup.policy", "")


class Inputs:
    """Random batches, the same for the same seed.  `now` is the newest timestamp, in Unix milliseconds."""

    def __init__(self, seed: int, now: int) -> None:
        self._random = random.Random(seed)
        self._now = now
        self._sequences: dict[int, int] = {}

    def batches(
        self,
        count: int,
        *,
        span_ms: int,
        keys: int = 12,
        value_bytes: int = 20,
        idempotent: bool = False,
        until: int = 0,
        tombstones: float = 0.15,
        codecs: int = 5,
    ) -> list[bytes]:
        """`count` of them, over `span_ms` up to `until` before the newest timestamp."""
        return [
            self._batch(
                self._now - until - span_ms + span_ms * number // count,
                keys,
                value_bytes,
                idempotent,
                tombstones,
                codecs,
            )
            for number in range(count)
        ]

    def _batch(
        self, timestamp: int, keys: int, value_bytes: int, idempotent: bool, tombstones: float, codecs: int
    ) -> bytes:
        pick = self._random
        records = [
            Record(
                b"key-%d" % pick.randrange(keys),
                None if pick.random() < tombstones else pick.randbytes(pick.randrange(value_bytes + 1)),
                timestamp + pick.randrange(-40, 40),
                [("h", pick.randbytes(3))] * pick.randrange(2),
            )
            for _ in range(pick.randrange(1, 5))
        ]
        producer: dict[str, int] = {}
        if idempotent and pick.random() < 0.8:
            producer_id = 5000 + pick.randrange(4)
            sequence = self._sequences.get(producer_id, 0)
            self._sequences[producer_id] = sequence + len(records)
            producer = {"producer_id": producer_id, "producer_epoch": 0, "base_sequence": sequence}
        return build_batch(records, codec=pick.randrange(codecs), **producer)


def cases(seed: int, now: int) -> list[Case]:
    """Every kind of topic that there is, with batches of its own."""

    def make(offset: int) -> Inputs:
        return Inputs(seed * 100 + offset, now)

    def old_and_young(offset: int) -> list[list[bytes]]:
        """What is older than an hour, and what is not, with time for a slow broker between them."""
        inputs, minute = make(offset), HOUR_MS // 60
        old = inputs.batches(30, span_ms=20 * minute, until=90 * minute)
        return [old + inputs.batches(30, span_ms=20 * minute)]

    compacted = {"cleanup.policy": "compact", "segment.ms": "1000", **_NEVER}

    def rounds(offset: int, count: int = 2, **fields: Any) -> list[list[bytes]]:
        inputs = make(offset)
        return [inputs.batches(40, span_ms=10_000, until=(count - 1 - n) * 10_000, **fields) for n in range(count)]

    return [
        Case("tombstones-stay", {**compacted, "delete.retention.ms": str(HOUR_MS)}, rounds(1), _AT_ONCE),
        Case("tombstones-go", {**compacted, "delete.retention.ms": "50"}, rounds(2, 3), _AT_ONCE),
        Case("idempotent", {**compacted, "delete.retention.ms": "50"}, rounds(3, 3, idempotent=True, keys=5), _AT_ONCE),
        Case("few-keys", {**compacted, "delete.retention.ms": "0"}, rounds(4, 3, idempotent=True, keys=1), _AT_ONCE),
        Case(
            "only-tombstones", {**compacted, "delete.retention.ms": "0"}, rounds(5, 3, keys=2, tombstones=1.0), _AT_ONCE
        ),
        Case("codec", {**compacted, "compression.type": "lz4"}, rounds(6), _AT_ONCE),
        Case(
            "compact-and-delete",
            {**compacted, "cleanup.policy": "compact,delete", "retention.ms": "-1"},
            old_and_young(7),
            {**_AT_ONCE, "retention.ms": str(HOUR_MS)},
        ),
        Case(
            "min-lag",
            {**compacted, "min.compaction.lag.ms": str(HOUR_MS)},
            old_and_young(8),
            _AT_ONCE,
        ),
        Case("max-lag", compacted, [make(9).batches(60, span_ms=2 * HOUR_MS)], {"max.compaction.lag.ms": "60000"}),
        Case(
            "grouped",
            {**compacted, "segment.ms": "1000"},
            [make(10).batches(150, span_ms=40_000, value_bytes=60_000, keys=60, tombstones=0.0)],
            {**_AT_ONCE, "segment.bytes": "1048576"},
        ),
        Case(
            "start-within",
            {**compacted, "cleanup.policy": "compact,delete", "retention.ms": "-1"},
            rounds(11),
            _AT_ONCE,
            delete_before=37,
        ),
        Case(
            "retention-ms",
            {"segment.ms": "600000", "retention.ms": "-1"},
            old_and_young(12),
            {"retention.ms": str(HOUR_MS)},
        ),
        Case(
            "retention-bytes",
            {"segment.bytes": "1048576", "retention.ms": "-1"},
            [make(13).batches(120, span_ms=40_000, value_bytes=60_000)],
            {"retention.bytes": "1500000"},
        ),
        Case("deleted-records", {"segment.ms": "1000", "retention.ms": "-1"}, rounds(14, 1), delete_before=30),
        Case(
            "all-gone",
            {"segment.ms": "1000", "retention.ms": "-1"},
            [make(15).batches(30, span_ms=10_000, until=HOUR_MS)],
            {"retention.ms": "1000"},
        ),
    ]


def survivors(kind: str, work: list[Case], data: Path, say: Callable[[str], None]) -> dict[str, list[Any]]:
    """What each case's topic holds in the end, by the case's name."""
    broker = Broker(kind, data, SETTINGS)
    broker.start(within_s=180)
    try:
        host, _, port = broker.address.rpartition(":")
        with Wire(host, int(port), "s") as wire:
            for number, case in enumerate(work, 1):
                say(f"{kind}: {number} of {len(work)}: {case.name}")
                _act(wire, case, data)
            _wait_calm(data)
    finally:
        broker.stop()
    return {case.name: list(held(data / f"s.{case.name}-0")) for case in work}


def compared(
    seed: int, now: int, scratch: Path, say: Callable[[str], None] = lambda words: None
) -> dict[str, dict[str, list[Any]]]:
    """The survivors of all cases, by broker and case; `now` in Unix milliseconds."""
    return {kind: survivors(kind, cases(seed, now), scratch / kind, say) for kind in KINDS}


def _act(wire: Wire, case: Case, data: Path) -> None:
    topic = wire.topic(case.name)
    _set(wire, topic, case.configs)
    for number, batches in enumerate(case.rounds):
        if number:
            _set(wire, topic, {name: case.configs[name] for name in case.then if name in case.configs})
        wire.produce(topic, *batches)
        if case.delete_before and not number:
            _delete_records(wire, topic, case.delete_before)
        _set(wire, topic, case.then)
        if case.compacts:
            _wait_clean(data, topic.name)
            time.sleep(0.1)  # tombstones of 50 ms have had their time


def _set(wire: Wire, topic: Topic, configs: dict[str, str]) -> None:
    Resource = INCREMENTAL_ALTER_CONFIGS.request.type.AlterConfigsResource
    changes = [Resource.AlterableConfig(name=name, value=value) for name, value in configs.items()]
    resource = Resource(resource_type=2, resource_name=topic.name, configs=changes)
    answer = wire.ask(INCREMENTAL_ALTER_CONFIGS, 1, resources=[resource])
    assert answer.responses[0].error_code == 0, answer
    time.sleep(0.3)  # Kafka's broker hears of it from its controller


def _delete_records(wire: Wire, topic: Topic, offset: int) -> None:
    Asked = DELETE_RECORDS.request.type.DeleteRecordsTopic
    partition = Asked.DeleteRecordsPartition(partition_index=0, offset=offset)
    answer = wire.ask(DELETE_RECORDS, 2, topics=[Asked(name=topic.name, partitions=[partition])], timeout_ms=10_000)
    assert answer.topics[0].partitions[0].error_code == 0, answer


def _wait_clean(data: Path, topic: str) -> None:
    """Until the log is clean up to where it can be: its checkpoint has moved, and moves no more."""
    seen, since = None, time.monotonic()
    began = since
    while time.monotonic() - began < _PATIENCE_S:
        clean = read_offsets(data / "cleaner-offset-checkpoint").get((topic, 0)) if data.exists() else None
        active = max(int(path.stem) for path in (data / f"{topic}-0").glob("*.log"))
        if clean == active:
            return
        if clean != seen:
            seen, since = clean, time.monotonic()
        if clean is not None and time.monotonic() - since > _CALM_S:
            return
        time.sleep(0.05)
    raise AssertionError(f"{topic} was not compacted within {_PATIENCE_S} s")


def _wait_calm(data: Path) -> None:
    """Until no segment comes or goes any more."""
    seen: list[str] = []
    since = began = time.monotonic()
    while time.monotonic() - since < 2 * _CALM_S:
        assert time.monotonic() - began < _PATIENCE_S
        now = sorted(str(path) for path in data.glob("*/*.log*"))
        if now != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.1)


TRANSACTIONAL = "transactional"
_TRANSACTIONS, _VALUE_BYTES = 70, 50_000


def written_by_kafka(seed: int, scratch: Path) -> Path:
    """A data directory with a topic full of transactions, of which some were aborted and some lay within each other."""
    broker = Broker("kafka", scratch / "written", {"log.cleaner.enable": "false", **_FEW_PARTITIONS})
    broker.start(within_s=180)
    try:
        host, _, port = broker.address.rpartition(":")
        with Wire(host, int(port), "s") as wire:
            topic = wire.topic(TRANSACTIONAL, cleanup_policy="compact")
            _set(wire, topic, {"segment.bytes": "1048576", "delete.retention.ms": "50", **_AT_ONCE})
            _transact(broker.address, topic.name, random.Random(seed))
    finally:
        broker.stop()
    return scratch / "written"


def _transact(address: str, topic: str, pick: random.Random) -> None:
    producers = [
        confluent_kafka.Producer({"bootstrap.servers": address, "transactional.id": f"t{number}"})
        for number in range(3)
    ]
    for producer in producers:
        producer.init_transactions(30)
    begun = set()
    for _ in range(_TRANSACTIONS):
        number = pick.randrange(len(producers))
        producer = producers[number]
        if number not in begun:
            producer.begin_transaction()
            begun.add(number)
        for _ in range(pick.randrange(4)):
            value = None if pick.random() < 0.2 else pick.randbytes(pick.randrange(_VALUE_BYTES))
            producer.produce(topic, value, key=b"key-%d" % pick.randrange(8))
        producer.flush(30)
        if pick.random() < 0.6:
            begun.discard(number)
            producer.commit_transaction(30) if pick.random() < 0.5 else producer.abort_transaction(30)
    for number in begun:
        producers[number].commit_transaction(30)


def transactional_survivors(kind: str, written: Path, seed: int, now: int, scratch: Path) -> list[Any]:
    """What is left of that topic after three compactions, by the time of which the markers' time has come."""
    data, more = scratch / f"{kind}-transactions", Inputs(seed, now)
    shutil.copytree(written, data)
    broker = Broker(kind, data, SETTINGS | _FEW_PARTITIONS)
    broker.start(within_s=180)
    try:
        host, _, port = broker.address.rpartition(":")
        with Wire(host, int(port), "s") as wire:
            topic = Topic(f"s.{TRANSACTIONAL}", read_topic_id(data / f"s.{TRANSACTIONAL}-0") or b"")
            wire.wait_led(topic.name)
            for _ in range(3):
                _wait_clean(data, topic.name)
                _set(wire, topic, _NEVER)
                wire.produce(topic, *more.batches(30, span_ms=1000, value_bytes=60_000, keys=2, codecs=1))
                time.sleep(0.1)
                _set(wire, topic, _AT_ONCE)
            _wait_clean(data, topic.name)
            _wait_calm(data)
    finally:
        broker.stop()
    return list(held(data / f"{topic.name}-0"))


def of_transactions(seed: int, now: int, scratch: Path) -> list[list[Any]]:
    """What is left of the same directory, that Kafka wrote, in the order of KINDS."""
    written = written_by_kafka(seed, scratch)
    return [transactional_survivors(kind, written, seed, now, scratch) for kind in KINDS]


def held(directory: Path) -> Iterator[Any]:
    """The segments, batches and records of a partition.

    Left out: sizes, which are the compressors'; base timestamps, from which records count theirs or which say until
    when tombstones stay.
    """
    for path in sorted(directory.glob("*.log")):
        yield "segment", int(path.stem)
        with LogFile(path) as log:
            for position, header in log.batches():
                yield (
                    "batch",
                    header.base_offset,
                    header.last_offset,
                    header.attributes,
                    header.max_timestamp,
                    (header.producer_id, header.producer_epoch, header.base_sequence),
                    header.records_count,
                )
                if header.is_control:
                    continue  # what is in it depends on its coordinator
                for record in records_of(log.batch(position, header)):
                    yield "record", record.offset, record.timestamp, record.key, record.value, tuple(record.headers)

    for path in sorted(directory.glob("*.txnindex")):
        for aborted in transactions(path):
            yield "aborted", aborted.producer_id, aborted.first_offset, aborted.last_offset, aborted.last_stable_offset


def differences(left: list[Any], right: list[Any]) -> list[str]:
    """The first place where two logs differ, and how long they are; empty if they do not."""
    if left == right:
        return []
    at = next(
        (n for n, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), min(len(left), len(right))
    )
    return [f"{len(left)} and {len(right)} lines, different from {at} on:"] + [
        f"  {kind}: {json.dumps([_text(line) for line in lines[max(0, at - 2) : at + 3]])}"
        for kind, lines in zip(KINDS, (left, right), strict=True)
    ]


def _text(line: Any) -> str:
    return " ".join(repr(part)[:40] for part in line)
