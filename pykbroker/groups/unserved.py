"""Groups of `__consumer_offsets` that are of a kind which is not served yet, told by their records' keys."""

from __future__ import annotations

import struct
from collections.abc import Iterable

_TYPE_AND_LENGTH = struct.Struct(">hh")  # every key begins with them: its record type, then its group's id
# record types -> the kind of their group; source: CoordinatorRecordType, 4.3.1.
_KINDS = {
    **dict.fromkeys((3, 4, 5, 6, 7, 8, 16), "consumer"),
    **dict.fromkeys((9, 10, 11, 12, 13, 14, 15), "share"),
    **dict.fromkeys((17, 18, 19, 20, 21, 22, 23), "streams"),
}


def unserved_groups(keys: Iterable[bytes]) -> dict[str, str]:
    """group id -> `consumer` (KIP-848), `share` or `streams`, of the groups that have a record under one of `keys`."""
    found = {}
    for key in keys:
        if len(key) >= _TYPE_AND_LENGTH.size:
            record_type, length = _TYPE_AND_LENGTH.unpack_from(key)
            if kind := _KINDS.get(record_type):
                found[key[_TYPE_AND_LENGTH.size :][:length].decode(errors="replace")] = kind
    return found
