"""Logs in temporary directories, batches for them, and what is read back."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

from pykbroker_protocol.records.batch import HEADER_SIZE, LENGTH_END

from pykbroker.config.topic import LogConfig
from pykbroker.storage import deletion
from pykbroker.storage.aborted import Aborted
from pykbroker.storage.batch import only_batch, read_header
from pykbroker.storage.files import Descriptors
from pykbroker.storage.markers import Marker
from pykbroker.storage.partition_log import Appended, PartitionLog
from pykbroker.storage.records import Record, build_batch, records_of

TOPIC_ID = bytes(range(16))
NOW = 1_700_000_000_000
PLAIN = LogConfig()
SMALL = LogConfig(segment_bytes=2048, index_interval_bytes=200)


def open_log(directory: Path, config: LogConfig = PLAIN, **state: object) -> PartitionLog:
    directory.mkdir(exist_ok=True)
    descriptors = Descriptors(100)
    return PartitionLog(directory, "orders", 0, TOPIC_ID, config, descriptors=descriptors, **state)  # type: ignore[arg-type]


def crashed(log: PartitionLog, config: LogConfig = PLAIN, **state: object) -> PartitionLog:
    """The log as it is found after a kill -9 of its broker."""
    log.abandon()
    return open_log(
        log.segments[0].directory, config, **{"clean": False, "recovery_point": log.recovery_point, **state}
    )


def batch(*values: bytes | None, timestamp: int = NOW, **fields: object) -> bytes:
    records = [Record(b"k", value, timestamp + number) for number, value in enumerate(values or (b"v",))]
    return build_batch(records, **fields)  # type: ignore[arg-type]


def put(log: PartitionLog, *values: bytes | None, leader_epoch: int = 0, now: int = NOW, **fields: object) -> Appended:
    return log.append(batch(*values, **fields), leader_epoch=leader_epoch, timestamp_ms=now)


def fill(log: PartitionLog, batches: int, **fields: object) -> None:
    """`batches` batches of three records, ten seconds apart."""
    for number in range(batches):
        put(
            log,
            b"a" * 50,
            b"b" * 20,
            b"%d" % number,
            timestamp=NOW + number * 10_000,
            now=NOW + number * 10_000,
            **fields,
        )


def transact(log: PartitionLog, *values: bytes, producer_id: int = 5, producer_epoch: int = 0, **fields: object) -> int:
    """The first offset of records that the producer's open transaction now has more."""
    known = log.producers.get(producer_id)
    fresh = known is None or known.producer_epoch != producer_epoch
    sent = batch(
        *values,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        base_sequence=0 if fresh else known.last_sequence + 1,
        transactional=True,
        **fields,
    )
    whole, header = only_batch(sent)
    return log.append_batch(whole, header, leader_epoch=0, timestamp_ms=NOW, verified=True).base_offset


def end(log: PartitionLog, *, committed: bool, producer_id: int = 5, **fields: int) -> int:
    """The offset of the marker with which the producer's transaction ended."""
    marker = Marker(producer_id, **{"producer_epoch": 0, "coordinator_epoch": 7, **fields}, committed=committed)
    return log.append_marker(marker, leader_epoch=0, timestamp_ms=NOW).base_offset


def commit(log: PartitionLog, producer_id: int = 5) -> int:
    return end(log, committed=True, producer_id=producer_id)


def abort(log: PartitionLog, producer_id: int = 5) -> int:
    return end(log, committed=False, producer_id=producer_id)


def aborted_transactions(log: PartitionLog) -> list[Aborted]:
    """Of all segments, as their indexes have them."""
    return [aborted for segment in log.segments for aborted in segment.aborted.since(0)]


def delete_before(log: PartitionLog, offset: int) -> list[Path]:
    """The files that are to be removed."""
    doomed = deletion.delete_before(log, offset)
    return deletion.set_aside(doomed) if doomed else []


def delete_expired(log: PartitionLog, timestamp: int) -> list[Path]:
    """The files that are to be removed."""
    doomed = deletion.delete_expired(log, timestamp)
    return deletion.set_aside(doomed) if doomed else []


def values(log: PartitionLog) -> list[bytes | None]:
    return [record.value for header, content in log.batches() for record in records_of(content, header)]


def offsets(log: PartitionLog) -> list[int]:
    return [record.offset for header, content in log.batches() for record in records_of(content, header)]


def sizes(log_file: Path) -> list[int]:
    """Sizes of the batches in a segment's file."""
    content, position, found = log_file.read_bytes(), 0, []
    while position + HEADER_SIZE <= len(content):
        found.append(read_header(content, position).batch_length + LENGTH_END)
        position += found[-1]
    return found


def copies(directory: Path, into: Path) -> Iterator[Path]:
    """Fresh copies of `directory`, each gone when the next is asked for."""
    for number in itertools.count():
        copy = into / f"copy-{number}"
        shutil.copytree(directory, copy)
        yield copy
        shutil.rmtree(copy)
