"""What is made equal, and what is not: a rule that hid too much would call different brokers the same."""

import pytest
from meant import reason
from normal import normal, ordered


def seen(text, port=9092):
    return normal(text, f"127.0.0.1:{port}", "/data", {"move": "/tmp/move.json"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TopicId: 5Yb1oWZXQ_6d2rQ0Wn2ukA", "TopicId: vJ8Zp1nYTgGsnH3B4kQxMw"),
        ("liver-0d0e7c2e-8a8b-4d6c-9a6b-0c6f9a1b2c3d x", "liver-1d0e7c2e-8a8b-4d6c-9a6b-0c6f9a1b2c3d x"),
        ("[2026-11-23 01:02:03,456] WARN what", "[2026-11-24 11:12:13,000] WARN what"),
        ("CreateTime:1795396508939", "CreateTime:1795396509000"),
        ("20000 records sent, 1.0 records/sec", "20000 records sent, 2.0 records/sec"),
        ("a   b", "a  b"),
        ('{"partition":"a-2","size":128}', '{"partition":"a-2","size":125}'),
        ("WARN with correlation id 7 : x\nWARN with correlation id 8 : x\n", "WARN with correlation id 2 : x\n"),
    ],
)
def test_what_right_brokers_make_up_is_equal(one, other):
    assert seen(one) == seen(other)


def test_addresses_are_equal():
    assert seen("at 127.0.0.1:9092 (9092)") == seen("at 127.0.0.1:9999 (9999)", port=9999)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a:0:12", "a:0:13"),
        ("ConsumerGroupHeartbeat", "UpdateRaftVoterRequest"),
        ("20000 records sent, 1.0 records/sec", "19999 records sent, 1.0 records/sec"),
        ("WARN one thing", "WARN another thing"),
        ("org.apache.kafka.OneException: why", "org.apache.kafka.OneException: why not"),
        ("group  readers", "group readers"),
        ('{"partition":"a-2","size":0}', '{"partition":"a-2","size":125}'),
    ],
)
def test_what_a_broker_says_stays_different(one, other):
    assert seen(one) != seen(other)


@pytest.mark.parametrize(("command", "equal"), [("consumer-groups --list", True), ("topics --list", False)])
def test_only_what_has_no_order_is_put_in_one(command, equal):
    assert (ordered(command, "b\na\n-- errors\n") == ordered(command, "a\nb\n-- errors\n")) is equal


def test_a_reason_covers_its_own_lines_only():
    command = "metadata-quorum describe --status"
    assert reason(command, ["CurrentVoters: [one]", "CurrentVoters: [other]"])
    assert reason(command, ["CurrentVoters: [one]", "LeaderId: 2"]) is None
    assert reason("topics --list", ["a"]) is None
