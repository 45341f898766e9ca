"""Disks that are full or broken: the append is refused, and no byte of it stays."""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from logs import NOW, SMALL, batch, crashed, offsets, open_log, put, values
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage import files
from pykbroker.storage.syncs import Sync


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """The operating system takes a part of what would make a file larger, and then no more: as a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 1, 40, 61, 100])
def test_a_write_that_does_not_fit_leaves_no_byte(tmp_path: Path, room: int) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log, b"before", producer_id=9, producer_epoch=0, base_sequence=0)
    size = log.size_bytes
    with files_up_to(size + room), pytest.raises(Refused) as refused:
        put(log, b"x" * 200, producer_id=9, producer_epoch=0, base_sequence=1)
    assert refused.value.code is ErrorCode.KAFKA_STORAGE_ERROR
    assert (Path(log.segments[0].path).stat().st_size, log.log_end_offset) == (size, 1)
    put(log, b"x" * 200, producer_id=9, producer_epoch=0, base_sequence=1)  # once there is room again
    assert values(crashed(log)) == [b"before", b"x" * 200]


def test_a_write_that_the_system_takes_in_parts_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_part(descriptor: int, pieces: list[bytes | memoryview]) -> int:
        return os.write(descriptor, b"".join(pieces)[:50])

    log = open_log(tmp_path / "orders-0")
    monkeypatch.setattr(files, "write_pieces", one_part)
    put(log, b"x" * 200)
    assert values(crashed(log)) == [b"x" * 200]


def failing(code: int) -> Callable[..., int]:
    def fail(*arguments: object) -> int:
        raise OSError(code, os.strerror(code))

    return fail


def test_a_log_whose_torn_end_cannot_be_removed_takes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log, b"before")
    with monkeypatch.context() as broken:
        broken.setattr(files.os, "ftruncate", failing(errno.EIO))
        with files_up_to(log.size_bytes + 50), pytest.raises(Refused):
            put(log, b"x" * 200)
    with pytest.raises(Refused) as refused:
        put(log, b"must not follow garbage")
    assert refused.value.code is ErrorCode.KAFKA_STORAGE_ERROR
    log = crashed(log)
    assert put(log, b"after").base_offset == 1
    assert values(log) == [b"before", b"after"]


def test_a_roll_that_fails_refuses_the_append_and_can_be_tried_again(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    while len(log.segments) == 1:
        put(log, b"x" * 100)
    while log.segments[-1].size + len(batch(b"x" * 100)) <= SMALL.segment_bytes:
        put(log, b"x" * 100)
    end = log.log_end_offset
    with files_up_to(4), pytest.raises(Refused):
        put(log, b"x" * 100)
    assert put(log, b"x" * 100).base_offset == end
    assert offsets(crashed(log, SMALL)) == list(range(end + 1))


def test_damage_that_is_met_while_reading_is_told_to_the_consumer(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    for number in range(3):
        put(log, b"%d" % number)
    path = Path(log.segments[0].path)
    content = bytearray(path.read_bytes())
    content[8:12] = b"\0\0\0\1"  # the first batch's length
    path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        log.read(1, 1000)
    assert refused.value.code is ErrorCode.CORRUPT_MESSAGE
    with pytest.raises(Refused):
        list(log.batches())


def test_a_flush_that_fails_moves_no_recovery_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log, now=NOW)
    monkeypatch.setattr(files.os, "fsync", failing(errno.EIO))
    with pytest.raises(OSError, match="Input/output"):
        log.flush()
    assert log.recovery_point == 0


def test_the_recovery_point_moves_with_what_was_synced(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    while len(log.segments) < 3:
        put(log, b"x" * 100)
    assert (log.needs_flush, log.recovery_point) == (True, 0)
    pending = log.prepare_flush(rolled_only=True)
    put(log, b"meanwhile")
    pending.sync()
    log.flushed(pending)
    assert (log.needs_flush, log.recovery_point) == (False, log.segments[-1].base_offset)


def test_a_sync_that_fails_when_its_topic_is_deleted_is_no_trouble(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(flush_messages=1))
    put(log, b"a")
    sync, pledge = Sync(1, log.segments[-1], [], []), log.syncs.pledge()
    log.abandon()
    log.syncs.failed(sync, FileNotFoundError(errno.ENOENT, "No such file or directory"))
    assert log.broken == ""
    with pytest.raises(Refused) as refused:
        pledge.check()
    assert refused.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
