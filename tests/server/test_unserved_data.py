"""A directory with what is not served yet is refused, and left as it was: another broker may be started on it."""

import pytest
from asking import opened
from pykbroker_protocol.records import cluster_metadata as catalog
from pykbroker_protocol.records.control import VOTERS_RECORD, VotersRecord
from pykbroker_protocol.records.transaction_state import (
    TRANSACTION_LOG_KEY,
    TRANSACTION_LOG_VALUE,
    TransactionLogKey,
    TransactionLogValue,
)

from pykbroker import codec
from pykbroker.storage.records import Record, build_batch
from pykbroker.storage.recovery import StorageError
from pykbroker.topics.creation import NewTopic
from pykbroker.topics.frames import Versioned, to_frame

STATE = "__transaction_state"
NOW = 1_700_000_000_000
CATALOG = "__cluster_metadata-0"
COMPLETE_COMMIT = 4


def written(broker, topic, key, value):
    """A record that an Apache Kafka would have written."""
    log = broker.leader_log(broker.catalog.topic_by_name(topic) or broker.ensure_internal_topic(topic), 0)
    log.append_records([Record(key, value, NOW)], leader_epoch=0, timestamp_ms=NOW)


def transaction(broker, status):
    broker.create_topic(NewTopic(STATE), 1)
    value = TransactionLogValue(transaction_status=status, transaction_partitions=[])
    key = codec.encode(TRANSACTION_LOG_KEY, 0, TransactionLogKey(transactional_id="payments"))
    written(broker, STATE, bytes(2) + key, b"\0\1" + codec.encode(TRANSACTION_LOG_VALUE, 1, value))


def group(broker, record_type, value=b"\0\0"):
    written(broker, "__consumer_offsets", record_type.to_bytes(2) + b"\0\1g", value)


def acl(broker):
    broker.commit([Versioned(catalog.AccessControlEntryRecord(principal="User:a", resource_name="t"))])


def everything(tmp_path):
    return {path: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("holds", "says"),
    [
        (acl, r"1 ACL \(User:a on t\): .*kafka-acls --remove"),
        (lambda broker: group(broker, 3), r"1 group of the consumer protocol \(g\): .*group.protocol=classic"),
        (lambda broker: group(broker, 11), r"1 share group \(g\): .*kafka-share-groups --delete"),
        (lambda broker: group(broker, 17), r"1 streams group \(g\): .*kafka-streams-groups --delete"),
        (lambda broker: transaction(broker, 1), r"1 transaction \(payments ongoing\): .*kafka-transactions abort"),
        (lambda broker: transaction(broker, 2), r"1 transaction \(payments about to commit\)"),
    ],
    ids=["acl", "consumer group", "share group", "streams group", "ongoing transaction", "prepared transaction"],
)
async def test_what_is_not_served_is_named_with_what_to_do_and_nothing_changes(tmp_path, holds, says):
    broker = opened(tmp_path)
    holds(broker)
    broker.data.close()
    before = everything(tmp_path)
    with pytest.raises(StorageError, match=says):
        opened(tmp_path)
    assert everything(tmp_path) == before


def config(name, value):
    record = catalog.ConfigRecord(resource_type=2, resource_name="t", name=name, value=value)
    return [Versioned(catalog.TopicRecord(name="t", topic_id=b"t" * 16)), Versioned(record)]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (
            "message.format.version",
            "2.8",
            r"the configs of topic t: Unknown topic config name: ",
        ),
        ("remote.storage.enable", "true", r"1 topic in tiered storage \(t\)"),
    ],
)
async def test_all_configs_that_cannot_be_are_named_at_once(tmp_path, name, value, says):
    broker = opened(tmp_path)
    acl(broker)
    broker.commit(config(name, value))
    broker.data.close()
    with pytest.raises(StorageError, match=rf"(?s)1 ACL .*\n  {says}"):
        opened(tmp_path)


@pytest.mark.parametrize("value", [b"", b"\0", b"\0\x09", b"\0\1\0"])
async def test_a_transaction_that_cannot_be_read_is_refused(tmp_path, value):
    broker = opened(tmp_path)
    broker.create_topic(NewTopic(STATE), 1)
    written(broker, STATE, b"\0\0\0\1t", value)
    broker.data.close()
    with pytest.raises(StorageError, match="a record of __transaction_state that cannot be read"):
        opened(tmp_path)


async def test_all_that_is_in_the_way_is_named_at_once(tmp_path):
    broker = opened(tmp_path)
    acl(broker)
    group(broker, 3)
    transaction(broker, 1)
    broker.data.close()
    with pytest.raises(
        StorageError, match=r"(?s)\n  1 ACL .*\n  1 group of the consumer protocol .*\n  1 transaction "
    ):
        opened(tmp_path)


async def test_what_was_there_and_has_ended_is_no_hindrance(tmp_path):
    broker = opened(tmp_path)
    group(broker, 3)
    group(broker, 3, None)
    transaction(broker, COMPLETE_COMMIT)
    broker.data.close()
    broker = opened(tmp_path)
    assert STATE in broker.catalog.topics
    broker.data.close()


def snapshot(tmp_path, end_offset, *records):
    content = build_batch([Record(None, to_frame(Versioned(record)), 0) for record in records])
    (tmp_path / CATALOG / f"{end_offset:020}-0000000001.checkpoint").write_bytes(content)


async def test_a_catalog_begins_with_kafkas_newest_snapshot_and_goes_on_with_the_log_behind_it(tmp_path):
    broker = opened(tmp_path)
    kept, gone = (catalog.TopicRecord(name=name, topic_id=name.encode() * 16) for name in "ab")
    broker.commit([Versioned(gone)])
    end = broker.catalog_log.log_end_offset
    broker.commit([Versioned(catalog.ConfigRecord(resource_type=2, resource_name="a", name="retention.ms", value="9"))])
    broker.data.close()
    snapshot(tmp_path, end - 1, gone)
    snapshot(tmp_path, end, kept)
    broker = opened(tmp_path)
    assert (list(broker.catalog.topics), broker.catalog.topic_configs("a")) == (["a"], {"retention.ms": "9"})
    broker.data.close()


async def test_a_catalog_with_a_hole_is_refused(tmp_path):
    opened(tmp_path).data.close()
    snapshot(tmp_path, 1000, catalog.NoOpRecord())
    with pytest.raises(StorageError, match=r"lacks a part of the catalog: its newest snapshot ends at 1000, its log "):
        opened(tmp_path)


async def test_a_damaged_snapshot_is_refused_with_the_byte(tmp_path):
    opened(tmp_path).data.close()
    snapshot(tmp_path, 5, catalog.NoOpRecord())
    (path,) = (tmp_path / CATALOG).glob("*.checkpoint")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StorageError, match=r"checkpoint is damaged at byte 0; restore"):
        opened(tmp_path)


@pytest.mark.parametrize(("voters", "is_served"), [((1,), True), ((1, 2), False)])
async def test_a_quorum_whose_voters_are_in_its_log_is_served_if_there_is_one(tmp_path, voters, is_served):
    broker = opened(tmp_path)
    record = VotersRecord(voters=[VotersRecord.Voter(voter_id=voter) for voter in voters])
    control = [Record(b"\0\0\0\6", codec.encode(VOTERS_RECORD, 0, record), 0)]
    broker.catalog_log.append_records(control, leader_epoch=1, timestamp_ms=0, control=True)
    broker.data.close()
    state = tmp_path / CATALOG / "quorum-state"
    state.write_text('{"leaderId":1,"leaderEpoch":4,"votedId":-1,"votedDirectoryId":"AAAA","data_version":1}')
    if is_served:
        broker = opened(tmp_path)
        broker.data.close()
        assert broker.catalog_epoch == 5
        assert '"leaderEpoch":5' in state.read_text()
        assert "currentVoters" not in state.read_text()
    else:
        with pytest.raises(StorageError, match=r"1 other voter \(node.id 2\)"):
            opened(tmp_path)
