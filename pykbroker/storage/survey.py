"""What the records of a batch come to, without one of them being built: are they whole, what times do they have.

It is compiled where there is a compiler (`_survey.c`), and then every batch that is produced is surveyed, as Kafka
does.  What stands here says the same, a hundred times slower, so without the compiled one a batch is surveyed only
where a rule asks for its records.  The tests hold one against the other.
"""

from __future__ import annotations

from typing import NamedTuple

NO_RECORD = -1
UNTIMED = 2**63 - 1
_NO_TIMESTAMP = -1
INT_BITS, LONG_BITS = 35, 70


class Survey(NamedTuple):
    """Timestamps are as the records have them: `base_timestamp` and their deltas, in 64 bits."""

    smallest_timestamp: int  # of those that have one; UNTIMED if none has
    largest_timestamp: int  # -1 if none has one, or only negative ones
    first_timestamp: int
    keyless: int  # the first record without a key; NO_RECORD if each has one
    in_order: bool  # offset deltas are 0, 1, 2, …


def survey_in_python(plain: bytes | memoryview, count: int, base_timestamp: int) -> tuple[int, int, int, int, bool]:
    """The fields of the Survey of `count` records, uncompressed in `plain`.

    Raises:
        ValueError: they are not whole, or not all that is there; says which record and what of it.
    """
    position, index = 0, 0
    smallest, largest, first, keyless, in_order = UNTIMED, _NO_TIMESTAMP, _NO_TIMESTAMP, NO_RECORD, True
    try:
        for index in range(count):
            length, position = number(plain, position, len(plain), INT_BITS)
            if not 0 <= length <= len(plain) - position:
                raise ValueError("a record longer than what is left")
            timestamp_delta, offset_delta, has_key = _record(plain, position, position + length)
            position += length
            timestamp = (base_timestamp + timestamp_delta + 2**63) % 2**64 - 2**63
            if index == 0:
                first = timestamp
            largest = max(largest, timestamp)
            if timestamp != _NO_TIMESTAMP:
                smallest = min(smallest, timestamp)
            if not has_key and keyless < 0:
                keyless = index
            in_order = in_order and offset_delta == index
        if position != len(plain):
            index = count
            raise ValueError("bytes behind the last record")
    except ValueError as fault:
        raise ValueError(f"record {index} of {count}: {fault}") from None
    return smallest, largest, first, keyless, in_order


def _record(plain: bytes | memoryview, position: int, end: int) -> tuple[int, int, bool]:
    """(timestamp delta, offset delta, whether there is a key)"""
    timestamp_delta, position = number(plain, position + 1, end, LONG_BITS)
    offset_delta, position = number(plain, position, end, INT_BITS)
    key_length, position = skipped(plain, position, end)
    _, position = skipped(plain, position, end)
    headers, position = number(plain, position, end, INT_BITS)
    if not 0 <= headers <= end - position:
        raise ValueError("more headers than bytes")
    for _ in range(headers):
        name_length, position = skipped(plain, position, end)
        if name_length < 0:
            raise ValueError("a header without a key")
        _, position = skipped(plain, position, end)
    if position != end:
        raise ValueError("a record that ends early")
    return timestamp_delta, offset_delta, key_length >= 0


def skipped(plain: bytes | memoryview, position: int, end: int) -> tuple[int, int]:
    """(a length, the position behind as many bytes); null has a negative length and no bytes."""
    length, position = number(plain, position, end, INT_BITS)
    if length > end - position:
        raise ValueError("a field that is cut short")
    return length, position + max(length, 0)


def number(plain: bytes | memoryview, position: int, end: int, bits: int) -> tuple[int, int]:
    """(a zigzag number of groups of seven bits, the position behind it)"""
    value = 0
    for shift in range(0, bits, 7):
        if position >= end:
            break
        byte = plain[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            value &= 0xFFFF_FFFF if bits == INT_BITS else 0xFFFF_FFFF_FFFF_FFFF
            return value >> 1 ^ -(value & 1), position
    raise ValueError("a number that is cut short or too long")


try:
    from ._survey import survey as _survey
except ImportError:
    _survey = survey_in_python
COMPILED = _survey is not survey_in_python


def survey(plain: bytes | memoryview, count: int, base_timestamp: int) -> Survey:
    """
    Raises:
        ValueError: as `survey_in_python`.
    """
    return Survey._make(_survey(plain, count, base_timestamp))
