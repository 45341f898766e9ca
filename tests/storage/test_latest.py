"""Which records a compaction keeps: the compiled walks and those in Python say the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pykbroker.storage import latest
from pykbroker.storage.latest import kept_in_python, note_in_python, take_in_python
from pykbroker.storage.records import Record, build_batch, encode_records

key = st.none() | st.sampled_from([b"", b"a", b"b", b"c" * 200])
record = st.builds(Record, key, st.none() | st.binary(max_size=9), st.integers(0, 2**45))
batch = st.lists(record, min_size=1, max_size=9)


@given(batch, st.integers(0, 2**40))
def test_both_note_the_same(records: list[Record], base_offset: int) -> None:
    plain, ours, theirs = encode_records(records, 1000), {b"a": 3}, {b"a": 3}
    fresh = latest.note(plain, len(records), base_offset, ours)
    assert fresh == note_in_python(plain, len(records), base_offset, theirs)
    assert ours == theirs


@given(batch, st.dictionaries(st.sampled_from([b"", b"a", b"c" * 200]), st.integers(0, 12)), st.booleans())
def test_both_keep_the_same(records: list[Record], offsets: dict[bytes, int], tombstones: bool) -> None:
    plain = encode_records(records, 1000)
    asked = plain, len(records), 4, 1000, offsets, tombstones
    assert latest.kept(*asked) == kept_in_python(*asked)


def test_a_record_stays_if_no_later_one_has_its_key() -> None:
    records = [Record(b"a", b"1", 1000), Record(b"b", b"2", 1000), Record(None, b"3", 1000), Record(b"a", None, 1007)]
    offsets = {b"a": 13, b"b": 11}
    plain = encode_records(records, 1000)
    body, count, largest, tombstones = latest.kept(plain, 4, 10, 1000, offsets, True)
    assert (body, count, largest, tombstones) == (plain[9:18] + plain[-8:], 2, 1007, True)
    assert latest.kept(plain, 4, 10, 1000, offsets, False)[1:] == (1, 1000, False)


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
