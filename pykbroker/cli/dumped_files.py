"""The files of a data directory line by line, each line as facts for programs and as text for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pykbroker_protocol.errors import Refused
from pykbroker_protocol.records.batch import DELETE_HORIZON

from pykbroker.cli.internal_records import CATALOG
from pykbroker.cli.log_files import Damaged, LogFile, index_entries, transactions
from pykbroker.cli.output import printable
from pykbroker.cli.shown_records import as_json, as_line, in_words, meaning_of
from pykbroker.cli.times import time_text
from pykbroker.storage import names
from pykbroker.storage.batch import Header
from pykbroker.storage.compression import NAMES
from pykbroker.storage.records import Record, records_of
from pykbroker.storage.snapshots import read_snapshot

_CHECKPOINTS = (names.LEADER_EPOCHS, names.RECOVERY_POINTS, names.LOG_START_OFFSETS, names.HIGH_WATERMARKS)
_TEXTS = (*_CHECKPOINTS, names.PARTITION_METADATA, names.META_PROPERTIES, "quorum-state", "cleaner-offset-checkpoint")

_QUORUM_SNAPSHOT = ".checkpoint"  # KRaft's, of the catalog


class Line:
    """What is said at one place of a file."""

    __slots__ = ("_text", "facts", "indent", "is_damage")

    def __init__(
        self, facts: dict[str, Any], text: str | None = None, *, indent: int = 2, is_damage: bool = False
    ) -> None:
        self.facts, self.indent, self.is_damage = facts, indent, is_damage
        self._text = text

    def as_text(self) -> str:
        text = "   ".join(f"{name} {value}" for name, value in self.facts.items()) if self._text is None else self._text
        return " " * self.indent + text

    def as_json(self, file: Path) -> str:
        return json.dumps({"file": str(file), **self.facts}, ensure_ascii=False)


def is_known(file: Path) -> bool:
    return _reader(file) is not None


def lines_of(file: Path, with_records: bool) -> Iterator[Line]:
    """What the file holds, and in the end, if so, from where on it is damaged.

    Raises:
        OSError: it cannot be read.
    """
    read = _reader(file)
    assert read is not None, file
    try:
        yield from read(file, with_records)
    except Damaged as fault:
        yield Line({"damaged_at": fault.position, "why": fault.why}, f"DAMAGED {fault}", is_damage=True)
    except ValueError as fault:
        yield Line({"damaged_at": 0, "why": str(fault)}, f"DAMAGED: {fault}", is_damage=True)


def _reader(file: Path) -> Callable[[Path, bool], Iterator[Line]] | None:
    if file.name in _TEXTS:
        return _text_lines
    return {
        names.LOG: _batches,
        _QUORUM_SNAPSHOT: _batches,
        names.INDEX: _offset_index,
        names.TIME_INDEX: _time_index,
        names.TRANSACTION_INDEX: _transaction_index,
        names.SNAPSHOT: _producers,
    }.get(file.suffix)


def _batches(file: Path, with_records: bool) -> Iterator[Line]:
    topic, _ = names.parse_partition_directory(file.absolute().parent.name) or ("", 0)
    if file.suffix == _QUORUM_SNAPSHOT:
        topic = CATALOG
    with LogFile(file) as log:
        for position, header in log.batches():
            yield _batch(position, header)
            if with_records:
                yield from _records(topic, position, header, log.batch(position, header))


def _batch(position: int, header: Header) -> Line:
    codec = NAMES[header.compression] if header.compression < len(NAMES) else str(header.compression)
    horizon = header.base_timestamp if header.attributes & DELETE_HORIZON else None
    facts: dict[str, Any] = {
        "base_offset": header.base_offset,
        "last_offset": header.last_offset,
        "position": position,
        "size_bytes": header.size,
        "records": header.records_count,
        "codec": codec,
        "timestamp_type": "LogAppendTime" if header.has_append_time else "CreateTime",
        "max_timestamp": header.max_timestamp,
        "delete_horizon_ms": horizon,
        "crc": header.crc,
        "partition_leader_epoch": header.partition_leader_epoch,
        "producer_id": header.producer_id,
        "producer_epoch": header.producer_epoch,
        "base_sequence": header.base_sequence,
        "last_sequence": header.last_sequence,
        "is_transactional": header.is_transactional,
        "is_control": header.is_control,
    }
    words = [
        f"offsets {header.base_offset}-{header.last_offset}",
        f"position {position}",
        f"{header.size} bytes",
        f"{header.records_count} records",
        f"codec {codec}",
        f"{'appended' if header.has_append_time else 'newest'} {time_text(header.max_timestamp)}",
        f"epoch {header.partition_leader_epoch}",
    ]
    if header.producer_id >= 0:
        sequences = f"{header.base_sequence}-{header.last_sequence}"
        words.append(f"producer {header.producer_id}/{header.producer_epoch} sequence {sequences}")
    words += [] if horizon is None else [f"tombstones go {time_text(horizon)}"]
    words += ["transactional"] * header.is_transactional + ["control"] * header.is_control
    return Line(facts, "   ".join(words))


def _records(topic: str, position: int, header: Header, batch: bytes) -> Iterator[Line]:
    try:
        for record in records_of(batch):
            yield _record(topic, record, header.is_control)
    except Refused as fault:
        raise Damaged(position, f"the batch's CRC holds, its records do not: {fault}") from fault


def _record(topic: str, record: Record, is_control: bool) -> Line:
    meaning = meaning_of(topic, record, is_control=is_control)
    facts = {name: value for name, value in json.loads(as_json("", 0, record)).items() if name not in _OF_PLACE}
    if meaning is None:
        return Line(facts, as_line(topic, 0, record).replace(f"{topic}-0@", "@", 1), indent=4)
    words = printable(f"@{record.offset}  {in_words(meaning)}")
    return Line({**facts, "decoded": meaning}, words, indent=4)


_OF_PLACE = ("topic", "partition")


def _offset_index(file: Path, with_records: bool) -> Iterator[Line]:
    base = names.offset_of(file.name)
    for _, relative, position in index_entries(file):
        yield Line({"offset": base + relative, "position": position})


def _time_index(file: Path, with_records: bool) -> Iterator[Line]:
    base = names.offset_of(file.name)
    for _, timestamp, relative in index_entries(file):
        facts = {"timestamp": timestamp, "offset": base + relative}
        yield Line(facts, f"up to offset {base + relative}: {timestamp}   {time_text(timestamp)}")


def _transaction_index(file: Path, with_records: bool) -> Iterator[Line]:
    for aborted in transactions(file):
        yield Line(
            {
                "producer_id": aborted.producer_id,
                "first_offset": aborted.first_offset,
                "last_offset": aborted.last_offset,
                "last_stable_offset": aborted.last_stable_offset,
            },
            f"aborted   producer {aborted.producer_id}   offsets {aborted.first_offset}-{aborted.last_offset}   "
            f"stable up to {aborted.last_stable_offset}",
        )


def _producers(file: Path, with_records: bool) -> Iterator[Line]:
    for producer_id, producer in read_snapshot(file).items():
        newest = producer.batches[-1] if producer.batches else None
        facts = {
            "producer_id": producer_id,
            "producer_epoch": producer.producer_epoch,
            "coordinator_epoch": producer.coordinator_epoch,
            "last_timestamp": producer.last_timestamp,
            "last_sequence": newest.last_sequence if newest else -1,
            "last_offset": newest.last_offset if newest else -1,
            "transaction_first_offset": producer.transaction_first_offset,
        }
        last = f"offset {newest.last_offset}   sequence {newest.last_sequence}" if newest else "no batch"
        open_since = producer.transaction_first_offset
        transaction = f"   transaction since {open_since}" if open_since >= 0 else ""
        when = time_text(producer.last_timestamp)
        yield Line(facts, f"producer {producer_id}/{producer.producer_epoch}   {last}   {when}{transaction}")


def _text_lines(file: Path, with_records: bool) -> Iterator[Line]:
    for line in file.read_text(encoding="utf-8").splitlines():  # what is no text is a ValueError
        yield Line({"line": line}, printable(line))
