"""Deleting from a log's start: what is out of reach, which files go, and what a restart finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from logs import PLAIN, SMALL, crashed, delete_before, fill, offsets, open_log, put, values
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.storage import names
from pykbroker.storage.checkpoints import read_offsets
from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.removals import remove


@pytest.fixture
def log(tmp_path: Path) -> PartitionLog:
    """Three segments or more of batches of three records."""
    log = open_log(tmp_path / "log", SMALL)
    fill(log, 40)
    assert len(log.segments) >= 3
    return log


def logs_in(directory: Path) -> list[int]:
    return sorted(names.offset_of(path.name) for path in directory.glob("*.log"))


def test_records_before_the_new_start_are_out_of_reach_and_the_others_are_not(log: PartitionLog) -> None:
    delete_before(log, 4)
    assert (log.log_start_offset, log.log_end_offset) == (4, 120)
    with pytest.raises(Refused, match="only have log segments starting from offset: 4"):
        log.read(3, 1000)
    assert log.read(4, 1000) is not None
    assert offsets(log)[0] == 3  # a batch is whole, and its client passes over what lies before


def test_files_that_hold_nothing_else_are_set_aside_and_the_others_stay(log: PartitionLog, tmp_path: Path) -> None:
    bases = [segment.base_offset for segment in log.segments]
    aside = delete_before(log, bases[2] + 1)
    assert [segment.base_offset for segment in log.segments] == logs_in(tmp_path / "log") == bases[2:]
    assert {path.name for path in aside if ".log" in path.name} == {f"{base:020d}.log.deleted" for base in bases[:2]}
    assert all(path.exists() for path in aside)
    assert not (tmp_path / "log" / f"{bases[1]:020d}.snapshot").exists()
    assert (tmp_path / "log" / f"{bases[2]:020d}.snapshot").exists()


def test_a_segment_that_holds_the_record_before_the_new_start_goes_and_the_one_with_it_stays(log: PartitionLog) -> None:
    second = log.segments[1].base_offset
    delete_before(log, second - 1)
    assert log.segments[0].base_offset == 0
    delete_before(log, second)
    assert log.segments[0].base_offset == second


def test_a_log_without_any_record_left_goes_on_where_it_ended(log: PartitionLog, tmp_path: Path) -> None:
    active = log.segments[-1].base_offset
    delete_before(log, 120)
    assert logs_in(tmp_path / "log") == [active]
    assert log.read(120, 1000) is None
    assert put(log, b"next").base_offset == 120
    assert values(log)[-1] == b"next"


def test_a_start_never_moves_back(log: PartitionLog) -> None:
    delete_before(log, 50)
    assert delete_before(log, 10) == []
    assert log.log_start_offset == 50


@pytest.mark.parametrize("offset", [-2, -1, 121])
def test_a_log_cannot_start_where_it_does_not_reach(log: PartitionLog, offset: int) -> None:
    with pytest.raises(Refused) as refused:
        delete_before(log, offset)
    assert (refused.value.code, log.log_start_offset) == (ErrorCode.OFFSET_OUT_OF_RANGE, 0)


def test_what_is_on_its_way_to_a_client_outlives_its_file(log: PartitionLog) -> None:
    found = log.read(0, 500)
    assert found is not None
    before = found.read()
    for path in delete_before(log, 120):
        path.unlink()
    assert found.read() == before


def test_leader_epochs_begin_with_the_log(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log")
    for epoch in (0, 1, 2):
        put(log, b"1", b"2", leader_epoch=epoch)
    delete_before(log, 3)
    assert [log.end_offset_for_epoch(epoch) for epoch in range(3)] == [(0, 3), (1, 4), (2, 6)]
    assert log.earliest_epoch() == 1


def test_files_that_were_set_aside_go_when_the_log_is_opened_again(log: PartitionLog, tmp_path: Path) -> None:
    aside = delete_before(log, 120)
    again = crashed(log, SMALL, log_start_offset=120)
    assert not any(path.exists() for path in aside)
    assert (again.log_start_offset, again.log_end_offset) == (120, 120)


def test_a_log_that_lost_its_end_begins_anew_at_its_start(log: PartitionLog, tmp_path: Path) -> None:
    delete_before(log, 120)
    (tmp_path / "log" / f"{log.segments[-1].base_offset:020d}.log").write_bytes(b"")  # as a power cut may leave it
    again = crashed(log, SMALL, log_start_offset=120)
    assert (again.log_start_offset, again.log_end_offset, logs_in(tmp_path / "log")) == (120, 120, [120])
    assert put(again, b"next").base_offset == 120


def test_a_broker_that_was_killed_starts_its_logs_where_it_said(tmp_path: Path) -> None:
    directory = DataDirectory.open(tmp_path, new_uuid=lambda: b"i" * 16)
    directory.create_partition("orders", 0, b"o" * 16, PLAIN)
    log = directory.partition("orders", 0)
    put(log, b"1", b"2", b"3")
    delete_before(log, 2)
    directory.checkpoint_starts([log])
    directory.abandon()
    directory = DataDirectory.open(tmp_path, new_uuid=lambda: b"i" * 16)
    directory.create_partition("orders", 0, b"o" * 16, PLAIN)
    assert directory.partition("orders", 0).log_start_offset == 2
    directory.abandon()


def test_the_checkpoint_names_every_log_from_which_something_was_deleted(tmp_path: Path) -> None:
    directory = DataDirectory.open(tmp_path, new_uuid=lambda: b"i" * 16)
    directory.create_partition("orders", 0, b"o" * 16, SMALL)
    log = directory.partition("orders", 0)
    fill(log, 40)
    starts = tmp_path / names.LOG_START_OFFSETS
    for offset in (4, log.segments[1].base_offset):
        directory.removals.add(delete_before(log, offset), 0)
        directory.checkpoint_starts([log])
        assert read_offsets(starts) == {("orders", 0): offset}
    remove(directory.removals.take_due(0))
    assert not list(tmp_path.rglob("*.deleted"))
    directory.abandon()
