"""Which records a compaction keeps: the compiled walks and those in Python say the same."""

from __future__ import annotations

import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pykbroker.storage import latest
from pykbroker.storage.latest import LatestOffsets, LatestOffsetsInPython, latest_offsets, take_in_python
from pykbroker.storage.records import Record, build_batch, encode_records

KINDS = [latest_offsets, LatestOffsetsInPython]
key = st.none() | st.sampled_from([b"", b"a", b"b", b"c" * 200]) | st.binary(max_size=20)
record = st.builds(Record, key, st.none() | st.binary(max_size=9), st.integers(0, 2**45))
batch = st.lists(record, min_size=1, max_size=9)


def noted(kind: type, batches: list[list[Record]]) -> LatestOffsets:
    offsets, base_offset = kind(), 5
    for records in batches:
        offsets.note(encode_records(records, 1000), len(records), base_offset)
        base_offset += len(records)
    return offsets


@given(st.lists(batch, max_size=9), batch, st.integers(0, 50), st.booleans(), st.none() | st.integers(0, 60))
def test_both_keep_the_same(
    before: list[list[Record]], records: list[Record], base_offset: int, tombstones: bool, forgotten: int | None
) -> None:
    ours, theirs = (noted(kind, before) for kind in KINDS)
    for offsets in (ours, theirs):
        if forgotten is not None:
            offsets.forget_from(forgotten)
    asked = encode_records(records, 1000), len(records), base_offset, 1000, tombstones
    assert ours.kept(*asked) == theirs.kept(*asked)
    assert len(ours) == len(theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_stays_if_no_later_one_has_its_key(kind: type) -> None:
    offsets = kind()
    offsets.note(encode_records([Record(b"b", b"", 0), Record(None, b"", 0), Record(b"a", b"", 0)], 0), 3, 11)
    records = [Record(b"a", b"1", 1000), Record(b"b", b"2", 1000), Record(None, b"3", 1000), Record(b"a", None, 1007)]
    plain = encode_records(records, 1000)
    assert offsets.kept(plain, 4, 10, 1000, True) == (plain[9:18] + plain[-8:], 2, 1007, True)
    assert offsets.kept(plain, 4, 10, 1000, False)[1:] == (1, 1000, False)


@pytest.mark.parametrize("kind", KINDS)
def test_any_number_of_keys_is_known(kind: type) -> None:
    offsets = kind()
    for first in range(0, 50_000, 1000):
        records = [Record(b"%d" % number, b"", 0) for number in range(first, first + 1000)]
        offsets.note(encode_records(records, 0), 1000, first)
    assert len(offsets) == 50_000
    offsets.forget_from(49_000)
    assert len(offsets) == 49_000
    plain = encode_records([Record(b"%d" % number, b"v", 0) for number in (0, 48_999, 49_000)], 0)
    assert offsets.kept(plain, 3, 48_997, 0, True)[1] == 2  # the first one has a later offset
    assert 49_000 * 20 < offsets.used_bytes < 50_000 * 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", [1, 5, 12])
def test_records_that_are_cut_short_are_an_error(kind: type, cut: int) -> None:
    plain = encode_records([Record(b"key", b"value", 0)], 0)[:-cut]
    for asked in (lambda: kind().note(plain, 1, 0), lambda: kind().kept(plain, 1, 0, 0, True)):
        with pytest.raises((ValueError, IndexError)):
            asked()


@pytest.mark.skipif(latest_offsets is LatestOffsetsInPython, reason="NOT RUN: _latest.c is not compiled here")
def test_other_threads_run_while_the_compiled_walk_is_under_way() -> None:
    records = [Record(b"%d" % number, b"", 0) for number in range(10_000)]
    plain, offsets, stopped, walks = encode_records(records, 0), latest_offsets(), threading.Event(), 0

    def walk() -> None:
        nonlocal walks
        while not stopped.is_set() and walks < 300:
            offsets.note(plain, len(records), 0)
            walks += 1

    before = sys.getswitchinterval()
    sys.setswitchinterval(60)  # nobody is made to give way
    try:
        walking = threading.Thread(target=walk)
        walking.start()
        stopped.set()
    finally:
        sys.setswitchinterval(before)
    walking.join()
    assert walks < 300


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(batch, st.integers(0, 3)), max_size=5), st.integers(0, 400), st.integers(0, 255))
def test_both_take_the_same(batches: list[tuple[list[Record], int]], at: int, byte: int) -> None:
    data = bytearray(b"".join(build_batch(records, codec=codec) for records, codec in batches))
    for block in (bytes(data), bytes(data[:-1]), bytes(data[:at] + bytes([byte]) + data[at + 1 :])):
        outcomes = []
        for take in (latest.take, take_in_python):
            values = {b"a": b"before"}
            try:
                outcomes.append((take(memoryview(block), values), values))
            except ValueError:
                outcomes.append(("not whole", values))
        assert outcomes[0] == outcomes[1]
