"""A compaction interrupted anywhere loses nothing; any run of appends, compactions and crashes equals a dict."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from compacting import COMPACTED, compact, latest, names, put_all, records, written
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import NOW, abort, aborted_transactions, commit, crashed, open_log, transact

from pykbroker.config.topic import LogConfig
from pykbroker.storage.aborted import Aborted
from pykbroker.storage.files import Descriptors
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.swapping import swap


class Crash(Exception):
    """The process is gone."""


@contextmanager
def crashing_at(step: int) -> Iterator[None]:
    """Only `step` files are renamed, and then nothing is done any more."""
    done = 0

    def counted(original):
        def rename(self, target):
            nonlocal done
            if done >= step:
                raise Crash
            done += 1
            return original(self, target)

        return rename

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", counted(Path.rename))
        patch.setattr(Path, "replace", counted(Path.replace))
        yield


def segments(log: PartitionLog, count: int) -> dict[bytes | None, bytes | None]:
    """Segments with keys in common, and one more that is active; what is the latest of each."""
    for number in range(count):
        put_all(log, (b"k", b"%d" % number), (b"%d" % (number % 3), b"%d" % number), (b"own %d" % number, b"x"))
        log.roll()
    put_all(log, (b"last", b"x"))
    return latest(log)


@pytest.mark.parametrize("step", range(24))
def test_a_crash_between_any_two_renames_loses_nothing(tmp_path: Path, step: int) -> None:
    config = LogConfig(**{**COMPACTED.__dict__, "segment_bytes": 500})  # so that there is more than one group
    log = open_log(tmp_path / "orders-0", config)
    expected = segments(log, 6)
    result = written(log)
    assert result is not None
    assert len(result.groups) > 1
    with crashing_at(step), suppress(Crash):
        swap(log, result, Descriptors(10))
    log = crashed(log, config)
    assert latest(log) == expected
    found = [offset for offset, _, _ in records(log)]
    assert found == sorted(set(found))
    assert not [name for name in names(tmp_path / "orders-0") if not name.endswith(".log")]


def test_there_are_as_many_renames_as_crashes_were_tried(tmp_path: Path) -> None:
    config = LogConfig(**{**COMPACTED.__dict__, "segment_bytes": 500})
    log = open_log(tmp_path / "orders-0", config)
    segments(log, 6)
    result = written(log)
    assert result is not None
    renames = sum(6 + 3 * len(group.replaced) for group in result.groups)
    assert renames >= 24


def test_what_kafka_had_not_finished_renaming_is_dropped(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    expected = segments(log, 2)
    directory = tmp_path / "orders-0"
    (directory / "00000000000000000000.log.swap").write_bytes(b"")
    (directory / "00000000000000000000.index.cleaned").write_bytes(b"")
    assert latest(crashed(log, COMPACTED)) == expected
    assert names(directory) == [f"{offset:020d}.log" for offset in (0, 3, 6)]


step = st.one_of(
    st.tuples(st.just("put"), st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=4)),
    st.tuples(st.sampled_from(["roll", "compact", "compact later", "restart", "kill"]), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(step, max_size=25))
def test_any_run_of_steps_leaves_the_latest_of_each_key(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    directory = tmp_path_factory.mktemp("model") / "orders-0"
    log = open_log(directory, COMPACTED)
    model: dict[bytes | None, bytes | None] = {}
    now, clean, number = NOW, 0, 0
    for what, pairs in steps:
        now += 1000
        if what == "put":
            sent = [(b"%d" % key, b"%d" % number if there else None) for key, there in pairs]
            put_all(log, *sent, now=now)
            model.update(sent)
            number += 1
        elif what == "roll":
            log.roll()
        elif what.startswith("compact"):
            now += 2 * 86_400_000 if what == "compact later" else 0
            clean = compact(log, clean, now)
        elif what == "restart":
            log.close()
            end = log.log_end_offset
            log = open_log(directory, COMPACTED, clean=True, recovery_point=end)
        else:
            log = crashed(log, COMPACTED)
        there = {key: value for key, value in latest(log).items() if value is not None}
        assert there == {key: value for key, value in model.items() if value is not None}
    shutil.rmtree(directory.parent)


def state(log: PartitionLog) -> tuple[list[int], list[Aborted]]:
    """The attributes of each batch, and what the indexes say of aborted transactions."""
    return [header.attributes for header, _ in log.batches()], aborted_transactions(log)


def with_aborted(directory: Path) -> PartitionLog:
    """Of a transaction that was aborted nothing but its marker is left, which the next round will find."""
    log = open_log(directory, COMPACTED)
    transact(log, b"v")
    abort(log)
    log.roll()
    transact(log, b"v")
    commit(log)
    log.roll()
    compact(log)
    put_all(log, (b"more", b"x"))
    log.roll()
    return log


@pytest.mark.parametrize("step", range(13))
def test_a_crash_between_any_two_renames_leaves_the_index_that_belongs_to_the_log(tmp_path: Path, step: int) -> None:
    log = with_aborted(tmp_path / "orders-0")
    before = state(log)
    result = written(log, 4)
    assert result is not None
    with crashing_at(step), suppress(Crash):
        swap(log, result, Descriptors(10))
    # What lies below the recovery point is on disk, so its index is taken as it is.
    found = state(crashed(log, COMPACTED, recovery_point=log.log_end_offset))
    whole = with_aborted(tmp_path / "whole-0")
    compact(whole, 4)
    assert found in (before, state(whole))
    assert before != state(whole)
