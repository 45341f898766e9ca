"""What a client that wants committed records only gets, while transactions are open and once they are decided."""

import pytest
import trio
import trio.testing
from asking import at_last, batch_of, fetch, list_offsets, only, produced
from pykbroker_protocol.apis.describe_producers import DescribeProducersRequest
from pykbroker_protocol.errors import ErrorCode

from pykbroker.storage.batch import only_batch
from pykbroker.storage.markers import Marker

COMMITTED = {"isolation_level": 1}
LATEST, MAX_TIMESTAMP = -1, -3


@pytest.fixture
async def log(ask):
    await ask.create("t")
    return ask.broker.data.partition("t", 0)


def transact(log, value, sequence=0, producer_id=5, timestamp=1_000):
    fields = {"producer_id": producer_id, "producer_epoch": 0, "base_sequence": sequence, "transactional": True}
    batch, header = only_batch(batch_of(value, timestamp=timestamp, **fields))
    log.append_batch(batch, header, leader_epoch=0, timestamp_ms=timestamp, verified=True)
    return len(batch)


def end(log, committed, producer_id=5):
    log.append_marker(Marker(producer_id, 0, 3, committed), leader_epoch=0, timestamp_ms=1_000)


async def found(ask, timestamp, version=9, **fields):
    request = list_offsets(timestamp)
    request.isolation_level = fields.get("isolation_level", 0)
    answer = (await ask(request, version)).topics[0].partitions[0]
    return answer.timestamp, answer.offset, answer.leader_epoch


@pytest.mark.parametrize("version", range(4, 13))
async def test_records_behind_the_last_stable_offset_are_not_for_it(ask, log, version):
    await produced(ask, batch_of(b"plain"))
    transact(log, b"open")
    await produced(ask, batch_of(b"behind"))
    committed = only(await ask(fetch(max_wait_ms=0, **COMMITTED), version))
    uncommitted = only(await ask(fetch(max_wait_ms=0), version))
    assert (committed.high_watermark, committed.last_stable_offset) == (3, 1)
    assert (uncommitted.high_watermark, uncommitted.last_stable_offset) == (3, 1)
    assert len(committed.records) == len(batch_of(b"plain")) < len(uncommitted.records)
    assert (committed.aborted_transactions, uncommitted.aborted_transactions) == ([], None)


@pytest.mark.parametrize("version", range(4, 13))
async def test_it_is_told_of_the_aborted_transactions_in_what_it_gets(ask, log, version):
    transact(log, b"a", producer_id=5)
    transact(log, b"b", producer_id=6)
    end(log, False, producer_id=6)
    end(log, False, producer_id=5)
    answer = only(await ask(fetch(max_wait_ms=0, **COMMITTED), version))
    told = [(aborted.producer_id, aborted.first_offset) for aborted in answer.aborted_transactions]
    assert (told, answer.last_stable_offset) == ([(6, 1), (5, 0)], 4)
    assert only(await ask(fetch(max_wait_ms=0), version)).aborted_transactions is None


async def test_an_offset_between_the_last_stable_one_and_the_end_is_in_range(ask, log):
    transact(log, b"open")
    transact(log, b"open", sequence=1)
    answer = only(await ask(fetch(offset=1, max_wait_ms=0, **COMMITTED), 12))
    assert (answer.error_code, answer.records, answer.aborted_transactions) == (0, b"", [])
    beyond = only(await ask(fetch(offset=3, max_wait_ms=0, **COMMITTED), 12))
    assert beyond.error_code == ErrorCode.OFFSET_OUT_OF_RANGE


@pytest.mark.parametrize("committed", [True, False])
async def test_a_fetch_that_waits_is_answered_when_the_transaction_ends(ask, log, committed, autojump_clock, nursery):
    transact(log, b"open")
    answers = []

    async def client():
        answers.append(only(await ask(fetch(min_bytes=1, max_wait_ms=60_000, **COMMITTED), 12)))

    nursery.start_soon(client)
    await trio.testing.wait_all_tasks_blocked()
    reads = ask.broker.counters["t"].fetch_requests
    transact(log, b"more", sequence=1)
    await produced(ask, batch_of(b"behind"))
    await trio.testing.wait_all_tasks_blocked()
    assert (answers, ask.broker.counters["t"].fetch_requests) == ([], reads)  # nor does it look again in vain
    end(log, committed)
    await trio.testing.wait_all_tasks_blocked()
    assert answers[0].last_stable_offset == 4
    assert len(answers[0].aborted_transactions) == (0 if committed else 1)


async def test_a_fetch_that_waits_is_not_satisfied_by_a_transaction_that_begins(ask, log, autojump_clock, nursery):
    answers = []

    async def client():
        answers.append(only(await ask(fetch(min_bytes=1, max_wait_ms=60_000, **COMMITTED), 12)))
        answers.append(trio.current_time())

    before = trio.current_time()
    nursery.start_soon(client)
    await trio.testing.wait_all_tasks_blocked()
    transact(log, b"open")
    await trio.sleep(59.9)
    assert answers == []
    await trio.sleep(0.2)
    assert (answers[0].records, answers[1] - before) == (b"", pytest.approx(60))
    assert not log.watchers


async def test_an_end_of_a_transaction_before_a_fetch_begins_to_wait_fills_it_too(ask, log, autojump_clock):
    transact(log, b"open")
    parked = ask.send(fetch(min_bytes=1, max_wait_ms=500, **COMMITTED), 12)
    end(log, True)
    before = trio.current_time()
    assert len(await at_last(parked)) > 1
    assert trio.current_time() == before


async def test_a_fetch_that_waits_for_a_transaction_is_told_at_once_when_its_topic_goes(ask, log, nursery):
    transact(log, b"open")
    answers = []

    async def client():
        answers.append(only(await ask(fetch(min_bytes=1, max_wait_ms=60_000, **COMMITTED), 12)).error_code)

    nursery.start_soon(client)
    await trio.testing.wait_all_tasks_blocked()
    ask.broker.delete_topic(ask.broker.catalog.topic_by_name("t"))
    await trio.testing.wait_all_tasks_blocked()
    assert answers == [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]


async def test_a_fetch_does_not_wait_for_more_than_an_older_segment_holds(ask, log, autojump_clock):
    await produced(ask, batch_of(b"old"))
    log.roll()
    await produced(ask, batch_of(b"new"))
    before = trio.current_time()
    assert only(await ask(fetch(min_bytes=100_000, max_wait_ms=500), 12)).records
    assert trio.current_time() == before


@pytest.mark.parametrize("version", range(2, 12))
async def test_the_latest_offset_and_those_of_timestamps_end_at_the_last_stable_one(ask, log, version):
    await produced(ask, batch_of(b"plain"))
    transact(log, b"open", timestamp=2_000)
    leader_epoch = 0 if version >= 4 else -1
    assert await found(ask, LATEST, version, **COMMITTED) == (-1, 1, leader_epoch)
    assert await found(ask, LATEST, version) == (-1, 2, leader_epoch)
    assert await found(ask, 1_500, version, **COMMITTED) == (-1, -1, -1)
    assert await found(ask, 1_500, version) == (2_000, 1, leader_epoch)
    assert await found(ask, 500, version, **COMMITTED) == (1_000, 0, leader_epoch)
    if version >= 7:
        assert await found(ask, MAX_TIMESTAMP, version, **COMMITTED) == (-1, -1, -1)


async def test_the_producers_of_a_partition_are_described_with_their_open_transaction(ask, log):
    await produced(ask, batch_of(b"plain"))
    transact(log, b"first")
    end(log, True)
    transact(log, b"second", sequence=1)
    topic = DescribeProducersRequest.TopicRequest(name="t", partition_indexes=[0])
    (producer,) = (await ask(DescribeProducersRequest(topics=[topic]), 0)).topics[0].partitions[0].active_producers
    assert (producer.current_txn_start_offset, producer.coordinator_epoch, producer.last_sequence) == (3, 3, 1)
