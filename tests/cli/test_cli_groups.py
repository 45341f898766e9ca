"""`pykbroker groups`: lag as Kafka's own tool counts it, and offsets that another client then begins at."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from commands import Typed
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata
from running import WITHIN_S


def committed(pk: Typed, group: str, topic: str, *offsets: int) -> None:
    """`group` has committed `offsets` in the first partitions of `topic`, and is gone."""
    consumer = KafkaConsumer(bootstrap_servers=f"127.0.0.1:{pk.port}", group_id=group)
    consumer.assign([TopicPartition(topic, index) for index in range(len(offsets))])
    consumer.commit({TopicPartition(topic, i): OffsetAndMetadata(o, "", -1) for i, o in enumerate(offsets)})
    consumer.close()


@contextmanager
def reading(pk: Typed, group: str, topic: str) -> Iterator[KafkaConsumer]:
    """A member of `group` that has been assigned partitions of `topic`."""
    consumer = KafkaConsumer(topic, bootstrap_servers=f"127.0.0.1:{pk.port}", group_id=group, client_id="a-reader")
    deadline = time.monotonic() + WITHIN_S
    while not consumer.assignment() and time.monotonic() < deadline:
        consumer.poll(100)
    assert consumer.assignment()
    yield consumer
    consumer.close()


@pytest.fixture(scope="module")
def topic(pk: Typed) -> str:
    """Two partitions: five records, then three."""
    pk.said("topics", "create", "read-by-groups", "-p", "2")
    for partition, count in enumerate((5, 3)):
        pk.said("produce", "-t", "read-by-groups", "-p", str(partition), stdin="x\n" * count)
    return "read-by-groups"


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_an_idle_groups_lag_is_shown_for_each_partition_and_in_total(pk: Typed, topic: str):
    committed(pk, "idle", topic, 2, 3)
    title, _, first, second, total = rows(pk.said("groups", "describe", "idle"))
    assert title == ["idle", "Empty", "0", "members"]
    assert first == [topic, "0", "2", "5", "3", "-", "-", "-"]
    assert second == [topic, "1", "3", "3", "0", "-", "-", "-"]
    assert total == ["total", "-", "-", "-", "3", "-", "-", "-"]
    assert pk.json("groups", "describe", "idle")[0]["lag"] == 3


def test_all_groups_are_described_at_once(pk: Typed, topic: str):
    committed(pk, "one", topic, 2)
    committed(pk, "other", topic, 4)
    lags = {group["group"]: group["lag"] for group in pk.json("groups", "describe", "--all")}
    assert (lags["one"], lags["other"]) == (3, 1)
    assert "Which group?" in pk.refused("groups", "describe", code=2)


def test_a_member_is_shown_with_what_it_reads(pk: Typed, topic: str):
    with reading(pk, "busy", topic):
        (group,) = pk.json("groups", "describe", "busy")
        assert [member["client_id"] for member in group["members"]] == ["a-reader"]
        assert {(p["partition"], p["committed_offset"], p["lag"]) for p in group["partitions"]} == {
            (0, None, None),
            (1, None, None),
        }
        assert f"{topic}:0,1" in pk.said("groups", "describe", "busy", "--members")
        assert ["busy", "Stable", "classic", "consumer"] in rows(pk.said("groups", "list"))


def test_a_group_with_members_keeps_its_offsets_and_itself(pk: Typed, topic: str):
    with reading(pk, "kept", topic):
        line = pk.refused("groups", "reset-offsets", "kept", "-t", topic, "--to-earliest")
        assert line == "Group kept has members (a-reader at 127.0.0.1); stop them and try again"
        assert "NON_EMPTY_GROUP; it has members; stop them first" in pk.refused("groups", "delete", "kept")


@pytest.mark.parametrize(
    ("words", "offsets"),
    [
        (["-t", "read-by-groups", "--to-earliest"], [0, 0]),
        (["--all-topics", "--to-latest"], [5, 3]),
        (["-t", "read-by-groups", "--to-offset", "4"], [4, 3]),
        (["-t", "read-by-groups:1", "--to-offset", "0"], [1, 0]),
        (["--all-topics", "--to-datetime", "1999-01-01"], [0, 0]),
        (["--all-topics", "--to-datetime", "2999-01-01"], [5, 3]),
    ],
)
def test_offsets_are_reset(pk: Typed, topic: str, words: list[str], offsets: list[int]):
    committed(pk, "moved", topic, 1, 1)
    pk.said("groups", "reset-offsets", "moved", *words)
    (group,) = pk.json("groups", "describe", "moved")
    assert [p["committed_offset"] for p in group["partitions"]] == offsets


def test_a_dry_run_changes_nothing(pk: Typed, topic: str):
    committed(pk, "dry", topic, 1, 1)
    moves = pk.json("groups", "reset-offsets", "dry", "-t", topic, "--to-latest", "--dry-run")
    assert [(move["old_offset"], move["new_offset"]) for move in moves] == [(1, 5), (1, 3)]
    assert [p["committed_offset"] for p in pk.json("groups", "describe", "dry")[0]["partitions"]] == [1, 1]


def test_a_group_that_never_was_can_be_given_offsets(pk: Typed, topic: str):
    pk.said("groups", "reset-offsets", "unborn", "-t", f"{topic}:0", "--to-latest")
    assert pk.json("groups", "describe", "unborn")[0]["partitions"][0]["committed_offset"] == 5


def test_a_deleted_group_is_gone(pk: Typed, topic: str):
    committed(pk, "finished", topic, 1)
    assert pk.said("groups", "delete", "finished") == "Deleted finished.\n"
    assert "finished" not in [group["group"] for group in pk.json("groups", "list")]


def test_an_unknown_group_is_told_with_the_nearest_name(pk: Typed, topic: str):
    committed(pk, "readers-of-news", topic, 1)
    assert pk.refused("groups", "describe", "reader-of-news") == (
        "There is no group reader-of-news: did you mean readers-of-news?"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-t", "x"], "Say where to"),
        (["-t", "x", "--to-earliest", "--to-latest"], "Say where to"),
        (["--to-latest"], "Say which partitions"),
        (["-t", "read-by-groups:a", "--to-latest"], "is not understood"),
        (["-t", "read-by-groups:2", "--to-latest"], "partitions 0 to 1, not 2"),
        (["-t", "read-by-groups", "--to-datetime", "soon"], "is not understood"),
    ],
)
def test_a_reset_that_is_not_clear_is_exit_code_2(pk: Typed, topic: str, words: list[str], says: str):
    assert says in pk.refused("groups", "reset-offsets", "any", *words, code=2)
