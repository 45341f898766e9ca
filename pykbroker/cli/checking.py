"""Whether the files of a data directory are what a broker relies on; every way in which they are not is named.

Only reads.  What is looked at: each batch's header and CRC, the order of offsets, each index against the batches that
it points to, snapshots, checkpoints, ids, and whether the broker's own records can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pykbroker_protocol.errors import Malformed, Refused

from pykbroker.cli.internal_records import CATALOG, OWN, decoded
from pykbroker.cli.log_files import Damaged, LogFile, index_entries, transactions
from pykbroker.storage import names
from pykbroker.storage.aborted import ENTRY
from pykbroker.storage.batch import Header
from pykbroker.storage.checkpoints import read_lines, read_offsets, read_topic_id
from pykbroker.storage.records import records_of
from pykbroker.storage.snapshots import read_snapshot


class Fault(NamedTuple):
    """What is wrong, and where: at a byte of a file, or with the file as a whole (-1)."""

    file: Path
    position: int
    why: str


class Partition(NamedTuple):
    """What a partition's directory came to."""

    topic: str
    partition: int
    segments: int
    batches: int
    size_bytes: int
    start_offset: int
    end_offset: int
    faults: list[Fault]


class _Batches(NamedTuple):
    """A segment's batches by position, and how far they were good."""

    headers: dict[int, Header]
    end_offset: int


def segment_files(directory: Path) -> list[Path]:
    """The logs of a partition's segments, the first one first."""
    return sorted(path for path in directory.glob(f"*{names.LOG}") if path.stem.isascii() and path.stem.isdigit())


def partitions_in(directory: Path) -> list[Path]:
    """The directory itself if it is a partition's, or those of the partitions in it."""
    if segment_files(directory):
        return [directory]
    found = [path for path in directory.iterdir() if path.is_dir() and names.parse_partition_directory(path.name)]
    return sorted(found, key=lambda path: (path.name not in (f"{CATALOG}-0",), path.name))


def check_partition(directory: Path, advance: Callable[[int], None]) -> Partition:
    """`advance` is told of the bytes that were looked at.

    Raises:
        OSError: a file cannot be read.
    """
    topic, partition = names.parse_partition_directory(directory.absolute().name) or (directory.name, 0)
    logs = segment_files(directory)
    faults = [
        Fault(other, -1, "its name carries no offset, and a broker takes it for a segment: move it elsewhere")
        for other in sorted(set(directory.glob(f"*{names.LOG}")) - set(logs))
    ]
    batches = size_bytes = 0
    start_offset = names.offset_of(logs[0].name) if logs else 0
    end_offset = start_offset
    for log in logs:
        base_offset = names.offset_of(log.name)
        if base_offset < end_offset:
            faults.append(Fault(log, 0, f"begins at {base_offset}, but the segment before ends at {end_offset}"))
        found = _batches(log, topic, faults)
        batches, end_offset = batches + len(found.headers), max(end_offset, base_offset, found.end_offset)
        size_bytes += log.stat().st_size
        advance(log.stat().st_size)
        for suffix, check in _INDEXES.items():
            index = log.with_suffix(suffix)
            if index.exists():
                faults += _faults_of(index, check, index, found)
    faults += _small_files(directory, end_offset)
    return Partition(topic, partition, len(logs), batches, size_bytes, start_offset, end_offset, faults)


def _faults_of(file: Path, check: Callable[..., Iterator[Fault]], *about: object) -> list[Fault]:
    """What `check(*about)` finds, and what stopped it."""
    found: list[Fault] = []
    try:
        for fault in check(*about):
            found.append(fault)
    except Damaged as fault:
        found.append(Fault(file, fault.position, fault.why))
    except FileNotFoundError:
        pass  # a broker is at work here
    except ValueError as fault:
        found.append(Fault(file, -1, str(fault)))
    return found


def _batches(log: Path, topic: str, faults: list[Fault]) -> _Batches:
    headers: dict[int, Header] = {}
    base_offset = names.offset_of(log.name)
    end_offset, epoch = base_offset, -1
    try:
        with LogFile(log) as file:
            for position, header in file.batches():
                if header.base_offset < end_offset:
                    why = f"a batch at offset {header.base_offset}, where the one before ends at {end_offset}"
                    faults.append(Fault(log, position, why))
                if header.partition_leader_epoch < epoch:
                    why = f"leader epoch {header.partition_leader_epoch} behind {epoch}"
                    faults.append(Fault(log, position, why))
                if topic in OWN:
                    _check_own(log, position, topic, header, file.batch(position, header), faults)
                end_offset, epoch = header.last_offset + 1, header.partition_leader_epoch
                headers[position] = header
    except Damaged as fault:
        faults.append(Fault(log, fault.position, fault.why))
    return _Batches(headers, end_offset)


def _check_own(log: Path, position: int, topic: str, header: Header, batch: bytes, faults: list[Fault]) -> None:
    """What the broker wrote for itself it must be able to read again."""
    try:
        for record in records_of(batch, header):
            decoded(topic, record, is_control=header.is_control)
    except (Malformed, Refused) as fault:
        faults.append(Fault(log, position, f"a record that the broker cannot read: {fault}"))


def _offset_index(index: Path, found: _Batches) -> Iterator[Fault]:
    base_offset, before = names.offset_of(index.name), (-1, -1)
    for at, relative, position in index_entries(index):
        header = found.headers.get(position)
        if (relative, position) <= before:
            yield Fault(index, at, f"the entry of offset {base_offset + relative} is not behind the one before")
        elif header is None:
            yield Fault(index, at, f"points to byte {position} of the log, where no batch begins")
        elif not header.base_offset <= base_offset + relative <= header.last_offset:
            offsets = f"{header.base_offset}-{header.last_offset}"
            yield Fault(index, at, f"promises offset {base_offset + relative} at byte {position}: there is {offsets}")
        before = relative, position


def _time_index(index: Path, found: _Batches) -> Iterator[Fault]:
    base_offset, before = names.offset_of(index.name), (-1, -1)
    batches, latest = iter(found.headers.values()), -1
    header = next(batches, None)
    for at, timestamp, relative in index_entries(index):
        while header is not None and header.last_offset <= base_offset + relative:
            latest = max(latest, header.max_timestamp)
            header = next(batches, None)
        if timestamp <= before[0] or relative < before[1]:
            yield Fault(index, at, f"the entry of {timestamp} is not behind the one before")
        elif latest > timestamp:
            why = f"promises nothing later than {timestamp} up to offset {base_offset + relative}: there is {latest}"
            yield Fault(index, at, why)
        before = timestamp, relative


def _transaction_index(index: Path, found: _Batches) -> Iterator[Fault]:
    base_offset, before = names.offset_of(index.name), -1
    markers = {header.base_offset: header for header in found.headers.values()}
    for number, aborted in enumerate(transactions(index)):
        at, last = number * ENTRY.size, aborted.last_offset
        offsets = f"{aborted.first_offset}-{last}"
        header = markers.get(last)
        if not 0 <= aborted.first_offset <= last:
            yield Fault(index, at, f"a transaction of offsets {offsets}")
        elif not base_offset <= last < found.end_offset:
            where = f"this segment holds {base_offset}-{found.end_offset - 1}"
            yield Fault(index, at, f"a transaction of offsets {offsets}, whose marker lies elsewhere: {where}")
        elif last <= before:
            yield Fault(index, at, f"the transaction that ended at {last} is not behind the one before")
        elif aborted.last_stable_offset > last + 1:
            yield Fault(index, at, f"stable up to {aborted.last_stable_offset}, before the marker at {last}")
        elif header is None or not header.is_control or header.producer_id != aborted.producer_id:
            yield Fault(index, at, f"no marker of producer {aborted.producer_id} at offset {last}")
        before = max(before, last)


_INDEXES = {
    names.INDEX: _offset_index,
    names.TIME_INDEX: _time_index,
    names.TRANSACTION_INDEX: _transaction_index,
}


def _small_files(directory: Path, end_offset: int) -> list[Fault]:
    """Snapshots, epochs and the topic's id."""
    faults: list[Fault] = []
    for snapshot in sorted(directory.glob(f"*{names.SNAPSHOT}")):
        faults += _faults_of(snapshot, _snapshot, snapshot, end_offset)
    epochs, metadata = directory / names.LEADER_EPOCHS, directory / names.PARTITION_METADATA
    faults += _faults_of(epochs, _epochs, epochs, end_offset)
    faults += _faults_of(metadata, _topic_id, metadata)
    return faults


def _snapshot(snapshot: Path, end_offset: int) -> Iterator[Fault]:
    read_snapshot(snapshot)
    if names.offset_of(snapshot.name) > end_offset:
        yield Fault(snapshot, -1, f"a snapshot of producers behind the end of the log, {end_offset}")


def _epochs(file: Path, end_offset: int) -> Iterator[Fault]:
    entries = [(int(epoch), int(start)) for epoch, start in read_lines(file, 2)]
    for (epoch, start), (later, later_start) in pairwise(entries):
        if later <= epoch or later_start <= start:
            yield Fault(file, -1, f"epoch {later} from {later_start} on is not behind epoch {epoch} from {start} on")
    if entries and entries[-1][1] > end_offset:
        yield Fault(file, -1, f"epoch {entries[-1][0]} begins at {entries[-1][1]}, the log ends at {end_offset}")


def _topic_id(file: Path) -> Iterator[Fault]:
    read_topic_id(file.parent)
    yield from ()


def check_checkpoints(directory: Path, partitions: list[Partition]) -> list[Fault]:
    """The data directory's own files, held against its partitions."""
    ends = {(found.topic, found.partition): found.end_offset for found in partitions}

    def offsets(file: Path) -> Iterator[Fault]:
        for (topic, partition), offset in read_offsets(file).items():
            end = ends.get((topic, partition))
            if end is not None and offset > end:
                yield Fault(file, -1, f"{topic}-{partition} at {offset}, its log ends at {end}")

    faults: list[Fault] = []
    for name in (names.RECOVERY_POINTS, names.LOG_START_OFFSETS, names.HIGH_WATERMARKS):
        faults += _faults_of(directory / name, offsets, directory / name)
    if not (directory / names.META_PROPERTIES).exists():
        faults.append(Fault(directory / names.META_PROPERTIES, -1, "is missing: whose directory is it?"))
    return faults
