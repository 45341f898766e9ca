"""DeleteRecords over the wire, and what Fetch and ListOffsets say afterwards."""

import pytest
from asking import Asker, batch_of, fetch, list_offsets, only, opened, produced
from pykbroker_protocol.apis.delete_records import DeleteRecordsRequest
from pykbroker_protocol.apis.find_coordinator import FindCoordinatorRequest

EARLIEST = -2


def delete(*offsets, name="t"):
    """Each is (partition, offset)."""
    topic = DeleteRecordsRequest.DeleteRecordsTopic
    partitions = [topic.DeleteRecordsPartition(partition_index=index, offset=offset) for index, offset in offsets]
    return DeleteRecordsRequest(topics=[topic(name=name, partitions=partitions)], timeout_ms=1000)


def answered(response):
    return {p.partition_index: (p.low_watermark, p.error_code) for t in response.topics for p in t.partitions}


@pytest.fixture
async def ask(ask):
    await ask.create("t", partitions=2)
    await produced(ask, batch_of(b"0", b"1", b"2"))
    return ask


@pytest.mark.parametrize("version", [0, 1, 2])
async def test_a_partition_starts_where_it_was_told_to(ask, version):
    assert answered(await ask(delete((0, 2)), version)) == {0: (2, 0)}
    earliest = (await ask(list_offsets(EARLIEST), 9)).topics[0].partitions[0]
    assert earliest.offset == 2
    below, at = [only(await ask(fetch(offset), 12)) for offset in (1, 2)]
    assert (below.error_code, at.error_code, at.log_start_offset) == (1, 0, 2)


async def test_minus_one_deletes_all_there_is(ask):
    assert answered(await ask(delete((0, -1), (1, -1)), 2)) == {0: (3, 0), 1: (0, 0)}


async def test_an_earlier_start_changes_nothing_and_tells_the_one_there_is(ask):
    await ask(delete((0, 2)), 2)
    assert answered(await ask(delete((0, 1)), 2)) == {0: (2, 0)}


async def test_of_several_offsets_for_one_partition_the_last_counts(ask):
    assert answered(await ask(delete((0, 3), (0, 1)), 2)) == {0: (1, 0)}


async def test_each_partition_is_refused_by_itself(ask):
    asked = delete((0, 4), (1, -2), (2, 0), (-1, 0))
    assert answered(await ask(asked, 2)) == {0: (-1, 1), 1: (-1, 1), 2: (-1, 3), -1: (-1, 3)}
    assert answered(await ask(delete((0, 0), name="nowhere"), 2)) == {0: (-1, 3)}


@pytest.mark.parametrize(
    ("policy", "expected"), [("compact", (-1, 44)), ("compact,delete", (0, 0)), ("delete", (0, 0))]
)
async def test_only_a_topic_whose_records_may_be_deleted_is_deleted_from(ask, policy, expected):
    await ask.create("c", cleanup_policy=policy)
    assert answered(await ask(delete((0, 0), name="c"), 2)) == {0: expected}


async def test_no_client_deletes_the_offsets_of_groups(ask):
    await ask(FindCoordinatorRequest(coordinator_keys=["g"]), 4)
    assert answered(await ask(delete((0, 0), name="__consumer_offsets"), 2)) == {0: (-1, 17)}


async def test_a_killed_broker_still_starts_its_partitions_there(tmp_path):
    ask = Asker(opened(tmp_path))
    await ask.create("t")
    await produced(ask, batch_of(b"0", b"1", b"2"))
    await ask(delete((0, 2)), 2)
    ask.broker.data.abandon()
    ask = Asker(opened(tmp_path))
    assert (await ask(list_offsets(EARLIEST), 9)).topics[0].partitions[0].offset == 2
    ask.broker.data.close()
