"""Which partition of `__consumer_offsets` holds a group."""

from __future__ import annotations


def partition_for(group_id: str, partitions: int) -> int:
    """The partition, as every broker and tool of Kafka computes it: Java's hash of the UTF-16 text."""
    encoded = group_id.encode("utf-16-be", "surrogatepass")
    code = 0
    for position in range(0, len(encoded), 2):
        code = (31 * code + (encoded[position] << 8 | encoded[position + 1])) & 0xFFFFFFFF
    return (code & 0x7FFFFFFF) % partitions
