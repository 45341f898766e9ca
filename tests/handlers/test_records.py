"""Produce, Fetch and ListOffsets, as a client hears them."""

import pytest
import trio
import trio.testing
from asking import at_last, batch_of, fetch, list_offsets, only, produce, produced
from pykbroker_protocol.apis.produce import ProduceRequest
from pykbroker_protocol.errors import ErrorCode

from pykbroker.handlers.replies import Hangup

NOWHERE_ID = b"n" * 16


@pytest.fixture
async def topic(ask):
    return await ask.create("t", 2)


@pytest.mark.parametrize("version", range(3, 13))
async def test_what_is_produced_is_fetched_byte_for_byte_but_for_its_offset(ask, topic, version):
    await produced(ask, batch_of(b"before"))
    batch = batch_of(b"a", b"b")
    answer = await produced(ask, batch, version)
    assert (answer.error_code, answer.base_offset, answer.log_append_time_ms) == (0, 1, -1)
    partition = only(await ask(fetch(offset=1), 12))
    assert (partition.high_watermark, partition.last_stable_offset, partition.log_start_offset) == (3, 3, 0)
    assert partition.records[:8] == (1).to_bytes(8, "big")
    assert partition.records[16:] == batch[16:]


async def test_topic_ids_stand_for_names_from_version_13_on(ask, topic):
    await produced(ask, batch_of(b"a"), 13, topic_id=topic.topic_id)
    assert only(await ask(fetch(topic_id=topic.topic_id), 13)).high_watermark == 1
    assert (await produced(ask, batch_of(b"a"), 13, topic_id=NOWHERE_ID)).error_code == ErrorCode.UNKNOWN_TOPIC_ID
    assert only(await ask(fetch(topic_id=NOWHERE_ID), 13)).error_code == ErrorCode.UNKNOWN_TOPIC_ID


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ({"name": "nowhere"}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"partition": 2}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"partition": -1}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"acks": 2}, ErrorCode.INVALID_REQUIRED_ACKS),
    ],
)
async def test_a_produce_that_leads_nowhere_is_refused(ask, topic, where, code):
    answer = await produced(ask, batch_of(b"a"), **where)
    assert (answer.error_code, answer.base_offset, answer.log_start_offset) == (code, -1, -1)
    assert answer.error_message is None


@pytest.mark.parametrize(
    ("records", "code", "log_start_offset"),
    [
        (b"", ErrorCode.INVALID_RECORD, -1),
        (None, ErrorCode.INVALID_RECORD, -1),
        (batch_of(b"a")[:-1], ErrorCode.INVALID_RECORD, -1),
        (batch_of(b"a") + batch_of(b"b"), ErrorCode.INVALID_RECORD, -1),
        (batch_of(b"a")[:-1] + b"!", ErrorCode.CORRUPT_MESSAGE, -1),
        (batch_of(b"a", control=True), ErrorCode.INVALID_RECORD, 0),
        (batch_of(b"a", transactional=True), ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, -1),
        (batch_of(b"x" * 1_048_588), ErrorCode.MESSAGE_TOO_LARGE, -1),
        (batch_of(b"a", producer_id=5, producer_epoch=0), ErrorCode.INVALID_RECORD, 0),
    ],
)
async def test_records_that_are_no_batch_of_a_client_are_refused(ask, topic, records, code, log_start_offset):
    answer = await produced(ask, records)
    assert (answer.error_code, answer.base_offset, answer.log_start_offset) == (code, -1, log_start_offset)
    assert only(await ask(fetch(), 12)).high_watermark == 0


async def test_bytes_of_another_magic_are_refused_with_a_text(ask, topic):
    batch = batch_of(b"a")
    answer = await produced(ask, batch[:16] + b"\3" + batch[17:])
    assert answer.error_code == ErrorCode.CORRUPT_MESSAGE
    assert answer.error_message == "Invalid magic found in record: 3"


async def test_one_refused_partition_does_not_hinder_another(ask, topic):
    kind = ProduceRequest.TopicProduceData
    data = [kind.PartitionProduceData(index=p, records=batch_of(b"a")) for p in (5, 1)]
    request = ProduceRequest(acks=1, topic_data=[kind(name="t", partition_data=data)])
    answers = (await ask(request, 9)).responses[0].partition_responses
    assert [(a.index, a.error_code) for a in answers] == [(5, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION), (1, 0)]


async def test_acks_0_is_not_answered_and_its_refusal_closes_the_connection(ask, topic):
    assert ask.send(produce(batch_of(b"a"), acks=0), 9) is None
    with pytest.raises(Hangup):
        ask.send(produce(batch_of(b"a"), acks=0, name="nowhere"), 9)
    assert only(await ask(fetch(), 12)).high_watermark == 1


async def test_a_retried_idempotent_batch_gets_its_first_offset_again(ask, topic):
    batch = batch_of(b"a", producer_id=9, producer_epoch=0, base_sequence=0)
    first, again = await produced(ask, batch), await produced(ask, batch)
    assert (first.base_offset, again.base_offset, again.error_code) == (0, 0, 0)
    gap = batch_of(b"a", producer_id=9, producer_epoch=0, base_sequence=5)
    assert (await produced(ask, gap)).error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


async def test_a_fetch_at_the_end_waits_until_an_append_fills_it(ask, topic, autojump_clock, nursery):
    answers = []

    async def client():
        answers.append(await ask(fetch(min_bytes=1, max_wait_ms=500), 12))
        answers.append(trio.current_time())

    before = trio.current_time()
    nursery.start_soon(client)
    await trio.sleep(0.1)
    assert answers == []
    await produced(ask, batch_of(b"a"))
    await trio.testing.wait_all_tasks_blocked()
    assert answers[1] - before == pytest.approx(0.1)
    assert only(answers[0]).records


async def test_an_append_before_a_fetch_begins_to_wait_fills_it_too(ask, topic, autojump_clock):
    parked = ask.send(fetch(min_bytes=1, max_wait_ms=500), 12)
    await produced(ask, batch_of(b"a"))
    before = trio.current_time()
    assert len(await at_last(parked)) > 1  # a chunk of records beside the message
    assert trio.current_time() == before


async def test_a_fetch_that_is_never_filled_answers_after_max_wait_and_leaves_no_watcher(ask, topic, autojump_clock):
    before = trio.current_time()
    answer = only(await ask(fetch(min_bytes=1, max_wait_ms=500), 12))
    assert (answer.error_code, answer.records) == (0, b"")
    assert trio.current_time() - before == pytest.approx(0.5)
    assert not ask.broker.data.partition("t", 0).watchers


async def test_a_fetch_with_an_error_to_tell_does_not_wait(ask, topic):
    response = await ask(fetch(offset=7, min_bytes=1, max_wait_ms=60_000), 12)
    assert only(response).error_code == ErrorCode.OFFSET_OUT_OF_RANGE


async def test_a_fetch_whose_topic_is_deleted_meanwhile_is_told_at_once(ask, topic, autojump_clock, nursery):
    answers = []

    async def client():
        answers.append(only(await ask(fetch(min_bytes=1, max_wait_ms=60_000), 12)).error_code)

    nursery.start_soon(client)
    await trio.sleep(0.1)
    ask.broker.delete_topic(ask.broker.catalog.topic_by_name("t"))
    await trio.testing.wait_all_tasks_blocked()
    assert answers == [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]


async def test_the_first_batch_is_whole_whatever_the_limits(ask, topic):
    for _ in range(2):
        await produced(ask, batch_of(b"a"))
    size = len(batch_of(b"a"))
    assert len(only(await ask(fetch(max_bytes=1), 12)).records) == size
    assert len(only(await ask(fetch(max_bytes=size + 1), 12)).records) == size + 1


async def test_what_does_not_hold_one_batch_behind_another_partition_is_empty(ask, topic):
    for partition in (0, 1):
        await produced(ask, batch_of(b"a"), partition=partition)
    request = fetch(max_bytes=1 << 20, max_wait_ms=0)
    wanted = request.topics[0].partitions
    wanted.append(type(wanted[0])(partition=1, partition_max_bytes=1 << 20))
    request.max_bytes = len(batch_of(b"a")) + 5
    partitions = (await ask(request, 12)).responses[0].partitions
    assert [len(partition.records) for partition in partitions] == [len(batch_of(b"a")), 0]


@pytest.mark.parametrize(
    ("epoch", "code"), [(-1, 0), (0, 0), (1, ErrorCode.UNKNOWN_LEADER_EPOCH)], ids=["unsaid", "right", "ahead"]
)
async def test_a_client_ahead_of_the_leader_epoch_is_told(ask, topic, epoch, code):
    request = fetch(max_wait_ms=0)
    request.topics[0].partitions[0].current_leader_epoch = epoch
    assert only(await ask(request, 12)).error_code == code


@pytest.mark.parametrize(
    ("timestamp", "found"),
    [
        (-1, (-1, 3, 0)),
        (-2, (-1, 0, 0)),
        (-3, (1_002, 2, 0)),
        (-4, (-1, 0, 0)),
        (-5, (-1, -1, -1)),
        (1_001, (1_001, 1, 0)),
        (1_003, (-1, -1, -1)),
    ],
)
async def test_a_timestamp_or_a_place_has_an_offset(ask, topic, timestamp, found):
    await produced(ask, batch_of(b"a", b"b", b"c"))
    answer = (await ask(list_offsets(timestamp), 9)).topics[0].partitions[0]
    assert (answer.timestamp, answer.offset, answer.leader_epoch) == found


@pytest.mark.parametrize(
    ("timestamp", "version", "code"),
    [(-3, 6, ErrorCode.UNSUPPORTED_VERSION), (-7, 11, ErrorCode.UNSUPPORTED_VERSION)],
)
async def test_a_place_that_the_version_does_not_know_is_refused(ask, topic, timestamp, version, code):
    answer = (await ask(list_offsets(timestamp), version)).topics[0].partitions[0]
    assert (answer.error_code, answer.offset) == (code, -1)
