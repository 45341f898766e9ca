"""What a topic wants on disk before it is answered and seen: flush.messages, as a client meets it."""

import errno
import os

import pytest
from asking import batch_of, fetch, list_offsets, only, produce, produced
from pykbroker_protocol.apis.create_topics import CreateTopicsRequest
from pykbroker_protocol.apis.incremental_alter_configs import IncrementalAlterConfigsRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.errors import ErrorCode

from pykbroker.runtime.later import Promised
from pykbroker.server import upkeep
from pykbroker.storage import syncs, usual
from pykbroker.storage.markers import Marker

compiled = pytest.mark.skipif(not usual.COMPILED, reason="not built: no C compiler was there at the installation")

DURABLE = {"flush_messages": "1"}
_TOPIC = 2


def code_of(ask, promised, request, version=9):
    return ask.decoded(request, version, promised.finish()).responses[0].partition_responses[0].error_code


@pytest.fixture
def synced(monkeypatch):
    """How often the data of a file was synced."""
    counted = []
    monkeypatch.setattr(syncs, "sync_data", lambda file: counted.append(file))
    return counted


def failed_sync(ask, monkeypatch):
    def fail(file):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as failing:
        failing.setattr(syncs, "sync_data", fail)
        ask.sync()


async def test_a_record_is_answered_when_it_is_on_disk_and_seen_when_it_is_answered(ask):
    await ask.create("t", **DURABLE)
    request = produce(batch_of(b"a"))
    promised = ask.send(request, 9)
    assert isinstance(promised, Promised)
    assert not promised.is_settled
    assert (only(fetched(ask)).high_watermark, only(fetched(ask)).records) == (0, b"")
    ask.sync()
    assert promised.is_settled
    assert code_of(ask, promised, request) == ErrorCode.NONE
    assert only(fetched(ask)).high_watermark == 1


def fetched(ask):
    request = fetch(max_wait_ms=0)
    return ask.decoded(request, 11, ask.send(request, 11))


async def test_one_sync_serves_all_that_came_before_it(ask, synced):
    await ask.create("t", **DURABLE)
    await produced(ask, batch_of(b"first"))
    synced.clear()
    promises = [ask.send(produce(batch_of(b"%d" % number)), 9) for number in range(50)]
    ask.sync()
    assert all(promised.is_settled for promised in promises)
    assert len(synced) == 1


async def test_a_sync_serves_nothing_that_came_after_it_began(ask):
    await ask.create("t", **DURABLE)
    log = ask.broker.data.partition("t", 0)
    first = ask.send(produce(batch_of(b"a")), 9)
    sync = log.syncs.prepare()
    second = ask.send(produce(batch_of(b"b")), 9)
    sync.run()
    log.syncs.done(sync)
    assert (first.is_settled, second.is_settled, log.high_watermark) == (True, False, 1)


async def test_of_n_records_the_last_waits_and_all_before_it_are_answered_at_once(ask):
    await ask.create("t", flush_messages="3")
    answers = [ask.send(produce(batch_of(b"%d" % number)), 9) for number in range(4)]
    assert [isinstance(each, Promised) for each in answers] == [False, False, True, True]
    assert only(fetched(ask)).high_watermark == 2
    ask.sync()
    assert only(fetched(ask)).high_watermark == 4
    assert not isinstance(ask.send(produce(batch_of(b"4")), 9), Promised)


async def test_a_retry_of_what_is_not_on_disk_waits_for_it_too(ask):
    await ask.create("t", **DURABLE)
    request = produce(batch_of(b"a", producer_id=7, producer_epoch=0, base_sequence=0))
    ask.send(request, 9)
    assert isinstance(ask.send(request, 9), Promised)
    assert ask.broker.data.partition("t", 0).log_end_offset == 1


async def test_a_change_while_the_broker_runs_holds_for_a_client_that_is_known_by_its_prefix(ask):
    await ask.create("t")
    for _ in range(3):
        assert not isinstance(ask.send(produce(batch_of(b"a")), 9), Promised)
    resource = IncrementalAlterConfigsRequest.AlterConfigsResource
    change = resource.AlterableConfig(name="flush.messages", config_operation=0, value="1")
    await ask(
        IncrementalAlterConfigsRequest(resources=[resource(resource_type=_TOPIC, resource_name="t", configs=[change])]),
        1,
    )
    assert isinstance(ask.send(produce(batch_of(b"a")), 9), Promised)


async def test_a_topic_is_created_when_the_catalog_is_on_disk(ask):
    topic = CreateTopicsRequest.CreatableTopic(name="t", num_partitions=1, replication_factor=1)
    promised = ask.send(CreateTopicsRequest(topics=[topic]), 7)
    assert isinstance(promised, Promised)
    assert not promised.is_settled
    ask.sync()
    assert promised.is_settled


async def test_a_commit_waits_for_the_disk_if_the_topic_of_commits_asks_for_it(ask):
    await ask.create("t")
    kind = OffsetCommitRequest.OffsetCommitRequestTopic
    topics = [kind(name="t", partitions=[kind.OffsetCommitRequestPartition(partition_index=0, committed_offset=1)])]
    request = OffsetCommitRequest(group_id="g", generation_id_or_member_epoch=-1, member_id="", topics=topics)
    await ask(request, 8)
    assert not isinstance(ask.send(request, 8), Promised)
    ask.broker.change_configs(_TOPIC, "__consumer_offsets", {"flush.messages": "1"})
    assert isinstance(ask.send(request, 8), Promised)
    ask.sync()


async def test_after_a_sync_that_failed_nothing_is_acknowledged_or_shown_any_more(ask, monkeypatch, caplog):
    await ask.create("t", **DURABLE)
    request = produce(batch_of(b"a"))
    promised = ask.send(request, 9)
    log = ask.broker.data.partition("t", 0)
    failed_sync(ask, monkeypatch)
    assert promised.is_settled
    assert code_of(ask, promised, request) == ErrorCode.KAFKA_STORAGE_ERROR
    assert (await produced(ask, batch_of(b"b"))).error_code == ErrorCode.KAFKA_STORAGE_ERROR
    assert (log.high_watermark, log.recovery_point) == (0, 0)
    assert caplog.text.count("log takes no more writes until a restart: partition=t-0") == 1


async def test_a_log_with_trouble_hinders_no_other(ask, monkeypatch):
    await ask.create("t", **DURABLE)
    await ask.create("u")
    ask.send(produce(batch_of(b"a")), 9)
    failed_sync(ask, monkeypatch)
    assert (await produced(ask, batch_of(b"b"), name="u")).error_code == ErrorCode.NONE


async def test_a_record_that_waited_for_flush_ms_is_flushed(ask):
    await ask.create("t", flush_ms="1000")
    await ask.create("u")
    for name in ("t", "u"):
        await produced(ask, batch_of(b"a"), name=name)
    began_ms = ask.broker.clock.now() - 1000
    await upkeep.flush_due(ask.broker, {}, began_ms + 500)
    logs = [ask.broker.data.partition(name, 0) for name in ("t", "u")]
    assert [log.recovery_point for log in logs] == [0, 0]
    await upkeep.flush_due(ask.broker, {}, began_ms)
    assert [log.recovery_point for log in logs] == [1, 0]


async def test_list_offsets_tells_where_the_synced_records_end(ask):
    await ask.create("t", **DURABLE)
    ask.send(produce(batch_of(b"a")), 9)
    request = list_offsets(-1)
    assert ask.decoded(request, 5, ask.send(request, 5)).topics[0].partitions[0].offset == 0


async def test_a_marker_that_asks_for_no_sync_keeps_no_answer_behind_it(ask):
    await ask.create("t", flush_messages="3")
    log = ask.broker.data.partition("t", 0)
    told = []
    for number in range(3):
        promised = ask.send(produce(batch_of(b"%d" % number)), 9)
    marker = Marker(producer_id=5, producer_epoch=0, coordinator_epoch=0, committed=True)
    log.append_marker(marker, leader_epoch=0, timestamp_ms=1_000)
    promised.when_settled(lambda: told.append("settled"))
    sync = log.syncs.prepare()
    sync.run()
    log.syncs.done(sync._replace(up_to=3))
    assert told == ["settled"]


@compiled
@pytest.mark.parametrize("version", [9, 13])
async def test_a_produce_that_is_known_by_its_prefix_is_promised_and_refused_like_any_other(ask, version, monkeypatch):
    topic = await ask.create("t", **DURABLE)
    request = produce(batch_of(b"a"), name="" if version == 13 else "t", topic_id=topic.topic_id)
    (await ask(request, version), await ask(request, version))
    with monkeypatch.context() as short:
        frame = ask.frame(request, version)
        short.setattr("pykbroker.codec.read", None)
        promises = [ask._answering.answer(frame, ask.client) for _ in range(2)]
    assert [promised.is_settled for promised in promises] == [False, False]
    ask.sync()
    answers = [ask.decoded(request, version, each.finish()).responses[0].partition_responses[0] for each in promises]
    assert [(answer.error_code, answer.base_offset) for answer in answers] == [(0, 2), (0, 3)]
    promised = ask.send(request, version)
    failed_sync(ask, monkeypatch)
    response = ask.decoded(request, version, promised.finish()).responses[0]
    assert (response.name, response.topic_id) == (
        (request.topic_data[0].name, topic.topic_id) if version == 13 else ("t", bytes(16))
    )
    assert response.partition_responses[0].error_code == ErrorCode.KAFKA_STORAGE_ERROR
