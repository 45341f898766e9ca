"""The records of classic groups and offsets, byte for byte as Apache Kafka 4.3.1 left them in its log."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from coordination import Coordinator, Topic
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.errors import Malformed

from pykbroker.groups.records import read_key

GROUP_KEY = b"\x00\x02\x00\x02g1"
UNIQUE = "8f2fce01-1402-48b1-adb5-94e584247b38"
MEMBER = b"\x00*probe-" + UNIQUE.encode()
JOINED_AT = bytes.fromhex("000001a2057fde12")
SETTLED_AT = bytes.fromhex("000001a2057fe01c")
EMPTIED_AT = bytes.fromhex("000001a2057fe21c")
COMMITTED_AT = bytes.fromhex("000001a2057fe111")

NEW_GROUP = b"\x00\x03\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff" + JOINED_AT + b"\x00\x00\x00\x00"
GENERATION = (
    b"\x00\x03\x00\x08consumer\x00\x00\x00\x01\x00\x05range" + MEMBER + SETTLED_AT + b"\x00\x00\x00\x01"
    + MEMBER + b"\xff\xff\x00\x05probe\x00\n/127.0.0.1\x00\x00N \x00\x00'\x10\x00\x00\x00\x02m1\x00\x00\x00\x03asg"
)  # fmt: skip
EMPTIED = b"\x00\x03\x00\x08consumer\x00\x00\x00\x02\xff\xff\xff\xff" + EMPTIED_AT + b"\x00\x00\x00\x00"

OFFSET_KEY = b"\x00\x01\x00\x02g1\x00\x02t1\x00\x00\x00\x00"
TOPIC_ID = b"\x94*CB>\x8dJ\xcb\x9a:\x82\xe3\xcbMyn"
OFFSET = b"\x00\x04\x00\x00\x00\x00\x00\x00\x00\x05\xff\xff\xff\xff\x02x" + COMMITTED_AT + b"\x01\x00\x10" + TOPIC_ID
EXPIRING_OFFSET = bytes.fromhex("0001 0000000000000005 0001 78 000001a2057fe136 000001a2058167d6".replace(" ", ""))


@pytest.fixture
def groups(monkeypatch) -> Coordinator:
    """Whose member ids have Kafka's text in them, and whose clock shows what `at` says."""
    groups = Coordinator()
    groups._texts = iter([UNIQUE])
    groups.restart()
    return groups


def at(groups, monkeypatch, timestamp):
    """Let the clock show what Kafka's showed."""
    value = timestamp if isinstance(timestamp, int) else int.from_bytes(timestamp, "big")
    monkeypatch.setattr("coordination.STARTED", value - groups.now)


def test_a_groups_life_leaves_kafkas_records(groups, monkeypatch):
    client = {"client_id": "probe", "protocols": {"range": b"m1"}, "rebalance_timeout_ms": 20_000}
    at(groups, monkeypatch, JOINED_AT)
    joined = groups.join_fully("g1", **client)
    at(groups, monkeypatch, int.from_bytes(SETTLED_AT, "big") - 3_000)
    groups.wait(3_000)
    groups.sync(joined, {joined.member_id: b"asg"}, "g1")
    at(groups, monkeypatch, EMPTIED_AT)
    groups.leave(joined.member_id, group="g1")
    groups.ask(groups.machine.delete, "g1")
    values = [NEW_GROUP, GENERATION, EMPTIED, None]
    assert groups.log == [(GROUP_KEY, value) for value in values]


@pytest.mark.parametrize(
    ("timestamp", "retention_time_ms", "value"),
    [(int.from_bytes(COMMITTED_AT, "big"), -1, OFFSET), (0x1A2057FE136, 100_000, EXPIRING_OFFSET)],
)
def test_a_commit_leaves_kafkas_records(groups, monkeypatch, timestamp, retention_time_ms, value):
    at(groups, monkeypatch, timestamp)
    partition = Topic.OffsetCommitRequestPartition(partition_index=0, committed_offset=5, committed_metadata="x")
    request = OffsetCommitRequest(
        group_id="g1",
        retention_time_ms=retention_time_ms,
        topics=[Topic(name="t1", topic_id=TOPIC_ID, partitions=[partition])],
    )
    groups.ask(groups.machine.commit, request, SimpleNamespace(api_version=4))
    assert groups.log == [(OFFSET_KEY, value)]


def test_offsets_under_the_oldest_kind_of_key_are_read(groups):
    groups.log = [(b"\x00\x00" + OFFSET_KEY[2:], OFFSET)]
    groups.restart()
    assert groups.machine.committed("g1")["t1"][0].offset == 5


def test_records_of_other_kinds_of_groups_pass(groups):
    groups.log = [(b"\x00\x03\x00\x01c", b"\x00\x00\x00\x00\x00\x01"), (GROUP_KEY, NEW_GROUP)]
    groups.restart()
    assert [listed.group_id for listed in groups.machine.list_groups()] == ["g1"]


@pytest.mark.parametrize("value", [b"", b"\x00\x63", GENERATION[:-1], OFFSET])
def test_one_unreadable_record_costs_its_group_only(groups, value):
    groups.log = [(b"\x00\x02\x00\x03bad", value), (OFFSET_KEY, OFFSET)]
    groups.restart()
    assert [listed.group_id for listed in groups.machine.list_groups()] == ["g1"]


@pytest.mark.parametrize("key", [b"", b"\x00", GROUP_KEY[:-1], GROUP_KEY + b"!"])
def test_what_is_no_key_is_malformed(key):
    with pytest.raises(Malformed):
        read_key(key)
