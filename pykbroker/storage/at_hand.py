"""Few bytes near the end of a log, read in one call of the system: what a consumer that keeps up asks for.

    read(log, offset, max_bytes, most_bytes)

gives the bytes that `log.read(offset, max_bytes, at_least_one=True)` would be a slice of, if they are in the active
segment and no more than `most_bytes`; or None: `log.read` knows what to do.

It is compiled (`_at_hand.c`).  Without a compiler there is never anything at hand.
"""

from __future__ import annotations

from .partition_log import PartitionLog

try:
    from ._at_hand import read as read
except ImportError:

    def read(log: PartitionLog, offset: int, max_bytes: int, most_bytes: int, /) -> bytes | None:
        return None

    COMPILED = False
else:
    COMPILED = True
