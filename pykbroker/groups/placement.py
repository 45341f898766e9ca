"""Which partition of `__consumer_offsets` holds a group."""

from __future__ import annotations

from functools import lru_cache

_INT32 = 1 << 32


@lru_cache(4096)
def partition_for(group_id: str, partitions: int) -> int:
    """The partition, as every broker and tool of Kafka computes it: Java's hash of the UTF-16 text, unsigned."""
    units = group_id.encode("utf-16-be", "surrogatepass")
    code = 0
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) % _INT32
    distance = min(code, _INT32 - code)
    # The one hash whose sign cannot be taken away counts as 0 (org.apache.kafka.common.utils.Utils.abs).
    return 0 if distance == 1 << 31 else distance % partitions
