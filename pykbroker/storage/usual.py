"""The usual batch, told apart in one look and appended in one step: nearly every batch is fit for the log as it is.

It is one whole batch with a CRC that holds, not compressed, neither transactional nor control, with its producer's
timestamps; its records are whole, numbered 0, 1, 2, …, each with a time that the topic allows, and the largest is the
header's.  Of such a batch validation.py finds no fault, and rewriting.py nothing to write anew.  If it is its
producer's turn as well, and the active segment has room for it, all that is left to do is the write.

    append(log, batch, leader_epoch, timestamp_ms)

gives the base offset of such a batch, which stands at the end of the log now, and how many records it holds; or None,
and nothing changed: `PartitionLog.append` knows what to do.  It raises Refused, KAFKA_STORAGE_ERROR, when a failed
write could not be taken back.

It is compiled (`_usual.c`).  Without a compiler no batch is usual, and each is checked step by step; the tests hold one
way against the other.
"""

from __future__ import annotations

from .partition_log import PartitionLog

try:
    from ._usual import append as append
except ImportError:

    def append(log: PartitionLog, batch: memoryview, leader_epoch: int, timestamp_ms: int, /) -> tuple[int, int] | None:
        return None

    COMPILED = False
else:
    COMPILED = True
