"""What the records of a batch come to: the compiled survey and the one in Python say the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pykbroker.storage import survey as surveying
from pykbroker.storage.records import Record, encode_records
from pykbroker.storage.survey import UNTIMED, Survey, survey_in_python

Surveyor = Callable[[bytes, int, int], tuple[int, int, int, int, bool]]

headers = st.lists(st.tuples(st.text(max_size=3), st.none() | st.binary(max_size=3)), max_size=3)
record = st.builds(
    Record, st.none() | st.binary(max_size=9), st.none() | st.binary(max_size=200), st.integers(-2, 2**45), headers
)


@pytest.fixture(params=["in Python", "compiled"])
def surveyor(request: pytest.FixtureRequest) -> Surveyor:
    if request.param == "in Python":
        return survey_in_python
    if not surveying.COMPILED:
        pytest.skip("pykbroker.storage._survey is not built: no C compiler was there when pykbroker was installed")
    return surveying._survey


def of(*records: Record) -> bytes:
    return encode_records(records, 1000)


def test_times_keys_and_order_are_told(surveyor: Surveyor) -> None:
    plain = of(Record(b"k", b"v", 1005), Record(None, b"v", 1001), Record(b"k", None, -1), Record(b"", b"v", 1009))
    assert Survey._make(surveyor(plain, 4, 1000)) == Survey(1001, 1009, 1005, 1, True)


def test_records_without_times_have_no_smallest(surveyor: Surveyor) -> None:
    assert Survey._make(surveyor(of(Record(b"k", b"v", -1)), 1, 1000)) == Survey(UNTIMED, -1, -1, -1, True)


def test_other_numbers_than_zero_one_two_are_out_of_order(surveyor: Surveyor) -> None:
    first = of(Record(b"k", b"v", 1000))
    assert not Survey._make(surveyor(first + first, 2, 1000)).in_order


def test_times_wrap_around_as_javas_do(surveyor: Surveyor) -> None:
    assert surveyor(of(Record(b"k", b"v", 1001)), 1, 2**63 - 1)[2] == -(2**63)


WHOLE = of(Record(b"key", b"value", 1000, [("h", b"x")]))


@pytest.mark.parametrize(
    "plain",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(WHOLE + b"\0", id="a byte too many"),
        pytest.param(b"\x01" + WHOLE[1:], id="a negative length"),
        pytest.param(bytes([WHOLE[0] - 2]) + WHOLE[1:-1], id="a header cut short"),
        pytest.param(bytes([WHOLE[0] + 2]) + WHOLE[1:] + b"\0", id="a record that ends early"),
        pytest.param(b"\x80" * 5 + b"\0" + WHOLE, id="a number too long"),
        pytest.param(b"\x0a\0\0\0\x63\1", id="a key longer than the record"),
        pytest.param(b"\x0c\0\0\0\1\1\1", id="a negative number of headers"),
        pytest.param(b"\x0c\0\0\0\1\1\x7e", id="more headers than bytes"),
        pytest.param(b"\x10\0\0\0\1\1\2\1\1", id="a header without a key"),
    ],
)
def test_what_is_not_whole_is_told_of(surveyor: Surveyor, plain: bytes) -> None:
    with pytest.raises(ValueError, match=r"record [01] of 1: "):
        surveyor(plain, 1, 1000)


@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_records_cut_anywhere_are_not_whole(surveyor: Surveyor, end: int) -> None:
    with pytest.raises(ValueError, match="of 1"):
        surveyor(WHOLE[:end], 1, 1000)


def outcome(surveyor: Surveyor, plain: bytes, count: int) -> object:
    try:
        return surveyor(plain, count, 1000)
    except ValueError as fault:
        return str(fault).split(":")[0]


@given(st.lists(record, min_size=1, max_size=5), st.data())
def test_both_say_the_same_of_whatever_bytes_there_are(records: list[Record], data: st.DataObject) -> None:
    plain = bytearray(of(*records))
    for position in data.draw(st.lists(st.integers(0, len(plain) - 1), max_size=2)):
        plain[position] = data.draw(st.integers(0, 255))
    there = bytes(plain[: data.draw(st.integers(max(0, len(plain) - 9), len(plain)))])
    assert outcome(surveying._survey, there, len(records)) == outcome(survey_in_python, there, len(records))
