"""What is at hand near the end of a log is what a read of it gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import batch, open_log, put

from pykbroker.config.topic import LogConfig
from pykbroker.storage import at_hand

pytestmark = pytest.mark.skipif(not at_hand.COMPILED, reason="not built: no C compiler was there at the installation")
MOST = 16 * 1024


@pytest.fixture
def log(tmp_path: Path):
    log = open_log(tmp_path / "orders-0", LogConfig(segment_bytes=400_000, index_interval_bytes=1_000))
    yield log
    log.abandon()


def slice_of(log, offset: int, max_bytes: int) -> bytes:
    return log.read(offset, max_bytes, at_least_one=True).read()


def test_the_batch_of_an_offset_and_what_follows_is_at_hand(log):
    for value in (b"a", b"b", b"c"):
        put(log, value, value)
    for offset in range(6):
        assert at_hand.read(log, offset, 10_000, MOST) == slice_of(log, offset, 10_000)


def test_a_consumer_that_has_caught_up_needs_no_look_up(log):
    put(log, b"a")
    assert at_hand.read(log, 0, 10_000, MOST) == slice_of(log, 0, 10_000)
    put(log, b"b")
    index = log.segments[-1].offset_index
    index._on_file = 8  # as if there were entries that it would have to read
    found = at_hand.read(log, 1, 10_000, MOST)
    index._on_file = 0
    assert found == slice_of(log, 1, 10_000)


def test_at_the_end_of_the_log_nothing_is(log):
    put(log, b"a")
    for _ in range(2):
        assert at_hand.read(log, 1, 10_000, MOST) is None
        assert at_hand.read(log, 0, 10_000, MOST)


def test_a_first_batch_larger_than_asked_for_comes_whole(log):
    put(log, b"x" * 500)
    put(log, b"y")
    assert at_hand.read(log, 0, 1, MOST) == slice_of(log, 0, 1)
    assert len(slice_of(log, 0, 1)) == len(batch(b"x" * 500))
    put(log, b"z" * 20_000)
    assert at_hand.read(log, 2, 1, MOST) is None
    assert at_hand.read(log, 2, 1, 30_000) == slice_of(log, 2, 1)


def test_what_is_too_much_is_not(log):
    for _ in range(40):
        put(log, b"x" * 1_000)
    assert at_hand.read(log, 0, 1 << 20, MOST) is None
    assert at_hand.read(log, 30, 1 << 20, MOST) == slice_of(log, 30, 1 << 20)
    assert at_hand.read(log, 0, 5_000, MOST) == slice_of(log, 0, 5_000)


def test_what_is_not_on_disk_yet_and_should_be_is_not(log):
    put(log, b"a")
    log.configure(LogConfig(flush_messages=1))
    put(log, b"b")
    assert at_hand.read(log, 1, 10_000, MOST) is None


def test_below_the_start_of_the_log_nothing_is(log):
    for _ in range(3):
        put(log, b"a")
    log.start_at(2)
    assert at_hand.read(log, 1, 10_000, MOST) is None
    assert at_hand.read(log, 2, 10_000, MOST) == slice_of(log, 2, 10_000)


def test_an_older_segment_is_not(log):
    put(log, b"a")
    log.roll()
    put(log, b"b")
    assert at_hand.read(log, 0, 10_000, MOST) is None
    assert at_hand.read(log, 1, 10_000, MOST) == slice_of(log, 1, 10_000)


@pytest.mark.parametrize("at", [8, 11, 16, 23])
def test_what_is_damaged_is_left_to_those_who_can_say_so(log, at: int):
    put(log, b"a")
    put(log, b"b")
    with Path(log.segments[-1].path).open("r+b") as file:
        file.seek(at)
        file.write(b"\xff")
    assert at_hand.read(log, 1, 10_000, MOST) is None


def test_a_file_that_lost_its_end_is_left_to_those_who_can_say_so(log):
    put(log, b"a" * 100)
    with Path(log.segments[-1].path).open("r+b") as file:
        file.truncate(90)
    assert at_hand.read(log, 0, 10_000, MOST) is None


sizes = st.lists(st.integers(0, 3_000), min_size=1, max_size=60)
questions = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20_000)), max_size=20)


@settings(max_examples=100, deadline=None)
@given(sizes, questions, st.integers(0, 60), st.sampled_from([4_000, 1_000_000]))
def test_it_is_what_a_read_gives(tmp_path_factory, sizes: list[int], questions: list, indexed: int, segment_bytes: int):
    config = LogConfig(segment_bytes=segment_bytes, index_interval_bytes=200)
    log = open_log(tmp_path_factory.mktemp("log") / "orders-0", config)
    for number, size in enumerate(sizes):
        put(log, b"x" * size)
        if number == indexed:
            log.segments[-1].write_indexes()
    for offset, max_bytes in questions:
        found = at_hand.read(log, offset, max_bytes, MOST)
        assert found is None or found == slice_of(log, offset, max_bytes)
    log.abandon()
