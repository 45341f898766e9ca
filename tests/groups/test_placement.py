"""A group's partition is where Apache Kafka 4.3.1 put it."""

from __future__ import annotations

import pytest

from pykbroker.groups.placement import partition_for


@pytest.mark.parametrize(
    ("group_id", "partition"),
    [
        ("", 0),
        ("orders-processor", 44),
        ("my-consumer-group", 13),
        ("analytics", 10),  # its hash is negative
        ("polygenelubricants", 0),  # its hash is the lowest of all
        ("grüße-😀", 27),  # hashed by its UTF-16 units
    ],
)
def test_a_group_lies_where_kafka_puts_it_among_50(group_id, partition):
    assert partition_for(group_id, 50) == partition
