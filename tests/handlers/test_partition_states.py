"""OffsetForLeaderEpoch, DescribeProducers and diverging epochs: what a partition's log knows beside its records."""

import pytest
from asking import batch_of, fetch, only, produced
from pykbroker_protocol.apis.describe_producers import DescribeProducersRequest
from pykbroker_protocol.apis.offset_for_leader_epoch import OffsetForLeaderEpochRequest
from pykbroker_protocol.errors import ErrorCode


def epochs(*asked, name="t"):
    """Each is (partition, current leader epoch, leader epoch)."""
    topic = OffsetForLeaderEpochRequest.OffsetForLeaderTopic
    partitions = [
        topic.OffsetForLeaderPartition(partition=p, current_leader_epoch=current, leader_epoch=epoch)
        for p, current, epoch in asked
    ]
    return OffsetForLeaderEpochRequest(topics=[topic(topic=name, partitions=partitions)])


def ends(response):
    return [(p.partition, p.error_code, p.leader_epoch, p.end_offset) for t in response.topics for p in t.partitions]


@pytest.mark.parametrize("version", [2, 3, 4])
async def test_the_epoch_of_the_leader_ends_with_the_log(ask, version):
    await ask.create("t", partitions=2)
    await produced(ask, batch_of(b"1", b"2", b"3"))
    answer = await ask(
        epochs((0, -1, 0), (0, 0, 0), (1, -1, 0), (0, 0, 1), (0, 0, -1), (0, 0, -2), (1, 0, -2)), version
    )
    assert ends(answer) == [
        (0, 0, 0, 3),
        (0, 0, 0, 3),
        (1, 0, 0, 0),
        (0, 0, -1, -1),
        (0, 0, -1, -1),
        (0, 0, -2, 0),
        (1, 0, -2, 0),
    ]


async def test_an_older_epoch_ends_where_the_next_one_began(ask):
    await ask.create("t")
    topic = ask.broker.catalog.topics["t"]
    for epoch in (1, 3):
        topic.leader_epochs[0] = epoch
        await produced(ask, batch_of(b"1", b"2"))
    topic.leader_epochs[0] = 4  # it leads, and nothing was written to it yet
    answer = await ask(epochs(*((0, -1, epoch) for epoch in range(6))), 4)
    assert [end[2:] for end in ends(answer)] == [(0, 0), (1, 2), (1, 2), (3, 4), (4, 4), (-1, -1)]


async def test_a_client_behind_or_ahead_of_the_leader_is_told(ask):
    await ask.create("t")
    answer = await ask(epochs((0, 1, 0), (0, -2, 0), (9, -1, 0), (-1, -1, 0)), 4)
    assert [end[:2] for end in ends(answer)] == [(0, 75), (0, 74), (9, 3), (-1, 3)]
    assert ends(await ask(epochs((0, -1, 0), name="nowhere"), 4)) == [(0, 3, -1, -1)]


def producers(*partitions, name="t"):
    topic = DescribeProducersRequest.TopicRequest(name=name, partition_indexes=list(partitions))
    return DescribeProducersRequest(topics=[topic])


async def test_a_partition_names_its_producers(ask):
    await ask.create("t", partitions=2)
    await produced(ask, batch_of(b"1", b"2", producer_id=7, producer_epoch=2, base_sequence=0))
    await produced(ask, batch_of(b"3", producer_id=7, producer_epoch=2, base_sequence=2, timestamp=5_000))
    with_one, with_none = (await ask(producers(0, 1), 0)).topics[0].partitions
    (state,) = with_one.active_producers
    assert (state.producer_id, state.producer_epoch, state.last_sequence, state.last_timestamp) == (7, 2, 2, 5_000)
    assert (state.coordinator_epoch, state.current_txn_start_offset) == (-1, -1)
    assert (with_none.error_code, with_none.active_producers) == (0, [])


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        ("t", 3, None),
        ("u", 3, "This server does not host this topic-partition."),
        (
            "a b",
            17,
            "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' "
            "and '-'",
        ),
        ("", 17, "Topic name is invalid: the empty string is not allowed"),
    ],
)
async def test_a_partition_that_does_not_exist_has_no_producers(ask, name, code, why):
    await ask.create("t")
    (partition,) = (await ask(producers(9, name=name), 0)).topics[0].partitions
    assert (partition.error_code, partition.error_message, partition.active_producers) == (code, why, [])


@pytest.mark.parametrize(
    ("fetch_offset", "last_fetched_epoch", "diverging"),
    [(2, 0, None), (3, 2, None), (4, 2, None), (3, 0, (0, 2)), (2, 1, (0, 2)), (4, 1, (0, 2))],
)
async def test_a_fetch_whose_log_parts_from_ours_is_told_where_at_once(
    ask, fetch_offset, last_fetched_epoch, diverging
):
    await ask.create("parted")
    log = ask.broker.data.partition("parted", 0)
    for leader_epoch in (0, 2):
        log.append(batch_of(b"a", b"b"), leader_epoch=leader_epoch, timestamp_ms=1_000)
    request = fetch(fetch_offset, name="parted", max_wait_ms=60_000 if diverging else 0, min_bytes=1)
    request.topics[0].partitions[0].last_fetched_epoch = last_fetched_epoch
    answer = only(await ask(request, 12))
    found = answer.diverging_epoch.epoch, answer.diverging_epoch.end_offset
    assert found == (diverging or (-1, -1))
    assert bool(answer.records) == (diverging is None and fetch_offset < 4)


async def test_an_epoch_that_is_still_to_come_is_out_of_range(ask):
    await ask.create("parted")
    request = fetch(0, name="parted", max_wait_ms=60_000, min_bytes=1)
    request.topics[0].partitions[0].last_fetched_epoch = 3
    assert only(await ask(request, 12)).error_code == ErrorCode.OFFSET_OUT_OF_RANGE
