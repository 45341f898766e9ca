"""What a broker knows after a restart, clean or not, and what it refuses to start on."""

import json
import shutil
import uuid

import pytest
from asking import Asker, batch_of, fetch, only, opened, produced
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.init_producer_id import InitProducerIdRequest
from pykbroker_protocol.apis.metadata import MetadataRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.apis.offset_fetch import OffsetFetchRequest

from pykbroker.server import start
from pykbroker.storage.data_directory import DataDirectoryLocked
from pykbroker.storage.names import uuid_text
from pykbroker.storage.recovery import StorageError


def killed(broker):
    broker.data.abandon()


def stopped(broker):
    broker.data.close()


@pytest.fixture(params=[killed, stopped])
def ended(request):
    """How the broker ended."""
    return request.param


async def test_topics_ids_configs_and_records_outlive_the_broker(tmp_path, ended):
    ask = Asker(opened(tmp_path))
    created = await ask.create("kept", 3, retention_ms="1000")
    await ask.create("gone")
    await ask(DeleteTopicsRequest(topic_names=["gone"], timeout_ms=1000), 5)
    await produced(ask, batch_of(b"a"), name="kept", partition=2)
    ended(ask.broker)
    ask = Asker(opened(tmp_path))
    (topic,) = (await ask(MetadataRequest(topics=None), 12)).topics
    assert (topic.name, topic.topic_id, len(topic.partitions)) == ("kept", created.topic_id, 3)
    assert ask.broker.catalog.topic_configs("kept") == {"retention.ms": "1000"}
    assert only(await ask(fetch(name="kept", partition=2), 12)).high_watermark == 1
    ask.broker.data.close()


async def test_committed_offsets_outlive_the_broker(tmp_path, ended):
    ask = Asker(opened(tmp_path))
    await ask.create("t")
    kind = OffsetCommitRequest.OffsetCommitRequestTopic
    partition = kind.OffsetCommitRequestPartition(partition_index=0, committed_offset=7, committed_metadata="note")
    await ask(OffsetCommitRequest(group_id="g", topics=[kind(name="t", partitions=[partition])]), 8)
    ended(ask.broker)
    ask = Asker(opened(tmp_path))
    group = OffsetFetchRequest.OffsetFetchRequestGroup(group_id="g", topics=None)
    (found,) = (await ask(OffsetFetchRequest(groups=[group]), 8)).groups[0].topics
    assert (found.name, found.partitions[0].committed_offset, found.partitions[0].metadata) == ("t", 7, "note")
    ask.broker.data.close()


async def test_a_producer_id_is_never_given_out_twice(tmp_path, ended):
    seen = []
    for _ in range(3):
        ask = Asker(opened(tmp_path))
        for _ in range(2):
            response = await ask(InitProducerIdRequest(transactional_id=None), 4)
            seen.append(response.producer_id)
        ended(ask.broker)
    assert len(set(seen)) == 6


async def test_a_producer_goes_on_after_the_restart_without_a_double_or_a_refusal(tmp_path, ended):
    ask = Asker(opened(tmp_path))
    await ask.create("t")
    first, second = (batch_of(b"a", producer_id=5, producer_epoch=0, base_sequence=n) for n in (0, 1))
    await produced(ask, first)
    ended(ask.broker)
    ask = Asker(opened(tmp_path))
    answers = [await produced(ask, batch) for batch in (first, second)]
    assert [(answer.error_code, answer.base_offset) for answer in answers] == [(0, 0), (0, 1)]
    ask.broker.data.close()


async def test_the_catalog_is_led_in_a_new_epoch_at_each_start(tmp_path):
    for epoch in (1, 2, 3):
        broker = opened(tmp_path)
        broker.data.close()
        state = json.loads((tmp_path / "__cluster_metadata-0" / "quorum-state").read_text())
        assert (broker.catalog_epoch, state["leaderEpoch"]) == (epoch, epoch)


async def test_the_broker_epoch_is_where_its_registration_lies(tmp_path):
    broker = opened(tmp_path)
    assert broker.catalog.broker_epoch == 10
    broker.data.close()


async def test_a_directory_in_use_is_refused_with_what_to_do(tmp_path):
    broker = opened(tmp_path)
    with pytest.raises(DataDirectoryLocked, match="stop it, or give this one a directory of its own"):
        opened(tmp_path)
    broker.data.close()


async def test_a_directory_of_another_node_is_refused_with_what_to_do(tmp_path):
    opened(tmp_path).data.close()
    with pytest.raises(StorageError, match="set node"):
        opened(tmp_path, **{"node.id": "2"})


@pytest.mark.parametrize(
    ("voters", "says"), [((1, 2), "node.id 2:"), ((1, 2, 3), "node.id 2, 3:"), ((3,), "node.id 3:")]
)
async def test_a_catalog_that_other_nodes_write_is_refused(tmp_path, voters, says):
    opened(tmp_path).data.close()
    path = tmp_path / "__cluster_metadata-0" / "quorum-state"
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "currentVoters": [{"voterId": voter} for voter in voters]}))
    with pytest.raises(StorageError, match=says):
        opened(tmp_path)


async def test_partitions_without_a_catalog_are_refused(tmp_path):
    ask = Asker(opened(tmp_path))
    await ask.create("t")
    await produced(ask, batch_of(b"a"))
    ask.broker.data.close()
    shutil.rmtree(tmp_path / "__cluster_metadata-0")
    with pytest.raises(StorageError, match=r"holds partitions \(t-0\) but no __cluster_metadata-0; .*metadata.log.dir"):
        opened(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*-0")) == ["t-0"]


def test_the_text_of_an_id_begins_with_no_dash(monkeypatch):
    drawn = [bytes([first]) + bytes(15) for first in (0xF8, 0xFB, 0xF7)]
    monkeypatch.setattr(start.os, "urandom", lambda _: drawn.pop(0))
    assert [uuid_text(each)[0] for each in drawn] == ["-", "-", "9"]
    assert uuid_text(start.new_uuid())[0] == "9"


def test_an_id_is_a_random_uuid():
    drawn = [uuid.UUID(bytes=start.new_uuid()) for _ in range(50)]
    assert {(each.version, each.variant) for each in drawn} == {(4, uuid.RFC_4122)}
    assert len(set(drawn)) == 50
