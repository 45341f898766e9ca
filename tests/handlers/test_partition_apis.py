"""CreatePartitions: what grows, what is refused, and that new partitions are there at once and after a restart."""

from __future__ import annotations

import pytest
from asking import Asker, batch_of, opened, produced
from pykbroker_protocol.apis.create_partitions import CreatePartitionsRequest
from pykbroker_protocol.errors import ErrorCode

Grown = CreatePartitionsRequest.CreatePartitionsTopic


def grown(name, count, assignments=None):
    if assignments is not None:
        assignments = [Grown.CreatePartitionsAssignment(broker_ids=brokers) for brokers in assignments]
    return Grown(name=name, count=count, assignments=assignments)


def grow(*topics, **fields):
    return CreatePartitionsRequest(topics=list(topics), **{"timeout_ms": 1000} | fields)


async def answered(ask, *topics, version=3, **fields):
    results = (await ask(grow(*topics, **fields), version)).results
    return [(result.name, ErrorCode(result.error_code).name, result.error_message) for result in results]


def partitions(ask, name="t"):
    return ask.broker.catalog.topics[name].partitions


@pytest.mark.parametrize("version", range(4))
async def test_a_topic_grows_and_its_new_partitions_take_records_at_once(ask, version):
    await ask.create("t")
    assert await answered(ask, grown("t", 3), version=version) == [("t", "NONE", None)]
    assert partitions(ask) == 3
    assert (await produced(ask, batch_of(b"v"), partition=2)).error_code == 0


async def test_new_partitions_are_there_after_a_restart(tmp_path):
    first = opened(tmp_path)
    await Asker(first).create("t")
    await answered(Asker(first), grown("t", 3))
    first.data.close()
    second = opened(tmp_path)
    assert partitions(Asker(second)) == 3
    assert (await produced(Asker(second), batch_of(b"v"), partition=2)).error_code == 0
    second.data.close()


async def test_what_is_only_checked_does_not_grow(ask):
    await ask.create("t")
    assert await answered(ask, grown("t", 3), validate_only=True) == [("t", "NONE", None)]
    assert partitions(ask) == 1


async def test_partitions_can_be_assigned_to_this_node(ask):
    await ask.create("t")
    assert await answered(ask, grown("t", 3, [[1], [1]])) == [("t", "NONE", None)]
    assert partitions(ask) == 3


REFUSED = {
    "the same": (2, None, "INVALID_PARTITIONS", "Topic already has 2 partition(s)."),
    "fewer": (
        1,
        None,
        "INVALID_PARTITIONS",
        "The topic t currently has 2 partition(s); 1 would not be an increase.",
    ),
    "too few assigned": (
        4,
        [[1]],
        "INVALID_REPLICA_ASSIGNMENT",
        "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
    ),
    "none assigned": (
        3,
        [],
        "INVALID_REPLICA_ASSIGNMENT",
        "Attempted to add 1 additional partition(s), but only 0 assignment(s) were specified.",
    ),
    "unknown broker": (
        4,
        [[1], [7]],
        "INVALID_REPLICA_ASSIGNMENT",
        "The manual partition assignment includes broker 7, but no such broker is registered.",
    ),
    "no broker": (
        3,
        [[]],
        "INVALID_REPLICA_ASSIGNMENT",
        "The manual partition assignment includes an empty replica list.",
    ),
    "too many": (
        10_003,
        None,
        "POLICY_VIOLATION",
        "10001 partitions more are too many: one request can create 10000 in all.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_grow_is_refused_in_kafkas_words(ask, case):
    count, assignments, code, why = REFUSED[case]
    await ask.create("t", partitions=2)
    assert await answered(ask, grown("t", count, assignments)) == [("t", code, why)]
    assert partitions(ask) == 2


async def test_one_request_cannot_create_more_than_ten_thousand_partitions_in_all(ask):
    await ask.create("a")
    await ask.create("b")
    asked = (grown("a", 6001), grown("b", 6001))
    why = "6000 partitions more are too many: one request can create 10000 in all."
    assert await answered(ask, *asked, validate_only=True) == [("a", "NONE", None), ("b", "POLICY_VIOLATION", why)]


async def test_a_topic_that_is_named_twice_is_refused_once_and_others_grow(ask):
    await ask.create("t")
    assert await answered(ask, grown("x", 2), grown("t", 2), grown("x", 3), grown("y", 3)) == [
        ("x", "INVALID_REQUEST", "Duplicate topic name."),
        ("t", "NONE", None),
        ("y", "UNKNOWN_TOPIC_OR_PARTITION", None),
    ]


async def test_without_time_every_topic_is_late_and_none_grows(ask):
    await ask.create("t")
    assert await answered(ask, grown("t", 2), timeout_ms=0) == [("t", "REQUEST_TIMED_OUT", None)]
    assert partitions(ask) == 1
