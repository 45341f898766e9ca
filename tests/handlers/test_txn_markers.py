"""WriteTxnMarkers, and transactional batches without a coordinator."""

import pytest
from asking import Asker, batch_of, fetch, only, opened, produce
from pykbroker_protocol.apis.write_txn_markers import WriteTxnMarkersRequest
from pykbroker_protocol.errors import ErrorCode

Marker = WriteTxnMarkersRequest.WritableTxnMarker


@pytest.fixture
async def unverified(tmp_path):
    """A broker that takes a client's word for its transaction."""
    broker = opened(tmp_path / "unverified", **{"transaction.partition.verification.enable": "false"})
    asker = Asker(broker)
    await asker.create("t", 2)
    yield asker
    broker.data.close()


def markers(*partitions, topic="t", commit=False, producer_id=5, producer_epoch=0, **fields):
    where = Marker.WritableTxnMarkerTopic(name=topic, partition_indexes=list(partitions))
    told = {"producer_id": producer_id, "producer_epoch": producer_epoch, "transaction_result": commit}
    return Marker(topics=[where], **told, **fields)


async def codes(ask, *asked, version=2):
    response = await ask(WriteTxnMarkersRequest(markers=list(asked)), version)
    return {
        (marker.producer_id, topic.name, partition.partition_index): partition.error_code
        for marker in response.markers
        for topic in marker.topics
        for partition in topic.partitions
    }


async def transact(ask, value=b"v", sequence=0, version=11):
    fields = {"producer_id": 5, "producer_epoch": 0, "base_sequence": sequence, "transactional": True}
    request = produce(batch_of(value, **fields))
    request.transactional_id = "payments"
    return (await ask(request, version)).responses[0].partition_responses[0].error_code


@pytest.mark.parametrize("version", [1, 2])
async def test_a_marker_ends_a_transaction(unverified, version):
    assert await transact(unverified) == 0
    log = unverified.broker.data.partition("t", 0)
    assert log.last_stable_offset == 0
    assert await codes(unverified, markers(0, 1), version=version) == {(5, "t", 0): 0, (5, "t", 1): 0}
    answer = only(await unverified(fetch(isolation_level=1, max_wait_ms=0), 12))
    assert [aborted.first_offset for aborted in answer.aborted_transactions] == [0]
    assert answer.last_stable_offset == 2


async def test_each_partition_has_a_code_of_its_own(unverified):
    found = await codes(unverified, markers(0, 9), markers(0, topic="nowhere", producer_id=6), markers(producer_id=7))
    unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert found == {(5, "t", 0): 0, (5, "t", 9): unknown, (6, "nowhere", 0): unknown}


async def test_a_zombies_marker_is_refused(unverified):
    await codes(unverified, markers(0, producer_epoch=3, coordinator_epoch=2))
    older_epoch, older_coordinator = markers(0, producer_epoch=2), markers(0, producer_epoch=3, coordinator_epoch=1)
    assert await codes(unverified, older_epoch) == {(5, "t", 0): ErrorCode.INVALID_PRODUCER_EPOCH}
    assert await codes(unverified, older_coordinator) == {(5, "t", 0): ErrorCode.TRANSACTION_COORDINATOR_FENCED}
    assert await codes(unverified, markers(0, producer_epoch=3, transaction_version=-1, coordinator_epoch=2)) == {
        (5, "t", 0): ErrorCode.UNKNOWN_SERVER_ERROR
    }


async def test_a_transaction_that_nobody_coordinates_is_refused(ask, unverified):
    await ask.create("t")
    assert await transact(ask) == ErrorCode.INVALID_TXN_STATE
    assert await transact(unverified, version=12) == ErrorCode.INVALID_TXN_STATE


async def test_a_transaction_that_is_open_may_go_on(unverified):
    await transact(unverified)
    assert await transact(unverified, sequence=1, version=13) == ErrorCode.UNKNOWN_TOPIC_ID  # by id since then
    assert await transact(unverified, sequence=1, version=12) == 0
