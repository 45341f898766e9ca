"""What a cluster of one broker says of replicas: elections, reassignments, log directories."""

from __future__ import annotations

import time
from typing import Any

from both.batches import batch
from both.client import Broker
from pykbroker_protocol.apis.alter_partition_reassignments import ALTER_PARTITION_REASSIGNMENTS
from pykbroker_protocol.apis.alter_replica_log_dirs import ALTER_REPLICA_LOG_DIRS
from pykbroker_protocol.apis.create_topics import CREATE_TOPICS
from pykbroker_protocol.apis.describe_log_dirs import DESCRIBE_LOG_DIRS
from pykbroker_protocol.apis.elect_leaders import ELECT_LEADERS
from pykbroker_protocol.apis.list_partition_reassignments import LIST_PARTITION_REASSIGNMENTS

from . import Answers, scenario
from .configs import BROKER, DELETE, SET, SLOW_S, change, changed
from .partitions import grow, grown

Election, Reassignment = ELECT_LEADERS.request.type, ALTER_PARTITION_REASSIGNMENTS.request.type
Move, Described = ALTER_REPLICA_LOG_DIRS.request.type, DESCRIBE_LOG_DIRS.request.type


def elect(broker: Broker, version: int, *topics: tuple[str, list[int]], **fields: Any) -> Any:
    asked = [Election.TopicPartitions(topic=name, partitions=partitions) for name, partitions in topics]
    return broker.ask(ELECT_LEADERS, version, **{"topic_partitions": asked, "timeout_ms": 1000} | fields)


@scenario(ELECT_LEADERS)
def elections(broker: Broker, version: int) -> Answers:
    t = broker.topic("t", partitions=2).name
    yield "one", elect(broker, version, (t, [0]))
    yield "twice, and unknown ones", elect(broker, version, (t, [0, 0, 9, -1]), (t, [1]), ("nowhere", [0]), ("", [0]))
    yield "no partition", elect(broker, version, (t, []))
    yield "no topic", elect(broker, version)
    for timeout_ms in (0, -1):
        yield f"within {timeout_ms} ms", elect(broker, version, (t, [0]), timeout_ms=timeout_ms)
    everything = elect(broker, version, topic_partitions=None)
    everything.replica_election_results = [r for r in everything.replica_election_results if r.topic == t]
    yield "all", everything


@scenario(ELECT_LEADERS, since=1)
def kinds_of_elections(broker: Broker, version: int) -> Answers:
    t = broker.topic("t").name
    for kind in (1, 2, -1):
        yield f"of kind {kind}", elect(broker, version, (t, [0]), election_type=kind)
    yield "of kind 2, all", elect(broker, version, topic_partitions=None, election_type=2)


def reassign(broker: Broker, version: int, *moves: tuple[str, int, list[int] | None], **fields: Any) -> Any:
    asked = Reassignment.ReassignableTopic
    topics = [
        asked(name=name, partitions=[asked.ReassignablePartition(partition_index=index, replicas=replicas)])
        for name, index, replicas in moves
    ]
    return broker.ask(ALTER_PARTITION_REASSIGNMENTS, version, **{"topics": topics, "timeout_ms": 1000} | fields)


@scenario(ALTER_PARTITION_REASSIGNMENTS)
def reassignments(broker: Broker, version: int) -> Answers:
    t = broker.topic("t", partitions=2).name
    for replicas in (None, [1], [2], [], [1, 1], [1, 2], [3, 2], [-1], [1, -1]):
        yield f"to {replicas}", reassign(broker, version, (t, 0, replicas))
        yield f"to {replicas}, beside a good one", reassign(broker, version, (t, 0, replicas), (t, 1, [1]))
    for index in (2, -1):
        yield f"partition {index}", reassign(broker, version, (t, index, [1]))
    for name in ("nowhere", "", "__cluster_metadata", "__consumer_offsets"):
        yield f"topic '{name}'", reassign(broker, version, (name, 0, [1]))
    for timeout_ms in (0, -1):
        yield f"within {timeout_ms} ms", reassign(broker, version, (t, 0, [1]), timeout_ms=timeout_ms)
        yield f"none within {timeout_ms} ms", reassign(broker, version, timeout_ms=timeout_ms)


@scenario(ALTER_PARTITION_REASSIGNMENTS, since=1)
def reassignments_of_as_many_replicas(broker: Broker, version: int) -> Answers:
    t = broker.topic("t").name
    for replicas in (None, [1], [2], [], [1, 2]):
        yield f"to {replicas}", reassign(broker, version, (t, 0, replicas), allow_replication_factor_change=False)


@scenario(LIST_PARTITION_REASSIGNMENTS)
def ongoing_reassignments(broker: Broker, version: int) -> Answers:
    t = broker.topic("t").name
    Topics = LIST_PARTITION_REASSIGNMENTS.request.type.ListPartitionReassignmentsTopics
    asked = [Topics(name=name, partition_indexes=[0, 9]) for name in (t, "nowhere")]
    for label, topics in (("all", None), ("some", asked), ("none", [])):
        for timeout_ms in (1000, 0, -1):
            answer = broker.ask(LIST_PARTITION_REASSIGNMENTS, version, topics=topics, timeout_ms=timeout_ms)
            yield f"{label} within {timeout_ms} ms", answer


def describe(broker: Broker, version: int, *topics: tuple[str, list[int]], **fields: Any) -> Any:
    asked = [Described.DescribableLogDirTopic(topic=name, partitions=partitions) for name, partitions in topics]
    return broker.ask(DESCRIBE_LOG_DIRS, version, **{"topics": asked} | fields)


def anywhere(answer: Any) -> Any:
    """An answer without the name of the directory and the size of its disk."""
    (result,) = answer.results
    assert result.log_dir.startswith("/")
    result.log_dir = ""
    result.total_bytes, result.usable_bytes = min(1, result.total_bytes), min(1, result.usable_bytes)
    return answer


@scenario(DESCRIBE_LOG_DIRS)
def log_directories(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=3)
    broker.produce(topic, batch(3), batch(2))
    broker.produce(topic, batch(2), partition=1)
    for partitions in ([0], [0, 1, 2, 9, -1], [1, 1], []):
        yield f"partitions {partitions}", anywhere(describe(broker, version, (topic.name, partitions)))
    for name in ("nowhere", "", "__cluster_metadata"):
        yield f"topic '{name}'", anywhere(describe(broker, version, (name, [0])))
    yield "no topic", anywhere(describe(broker, version))
    everything = anywhere(describe(broker, version, topics=None))
    everything.results[0].topics = [each for each in everything.results[0].topics if each.name == topic.name]
    yield "all", everything


@scenario(ALTER_REPLICA_LOG_DIRS)
def moves_between_directories(broker: Broker, version: int) -> Answers:
    t, home = broker.topic("t", partitions=2).name, describe(broker, 4, topics=[]).results[0].log_dir

    def move(*moves: tuple[str, str, list[int]]) -> Any:
        directory = Move.AlterReplicaLogDir
        dirs = [
            directory(path=path, topics=[directory.AlterReplicaLogDirTopic(name=name, partitions=partitions)])
            for path, name, partitions in moves
        ]
        return broker.ask(ALTER_REPLICA_LOG_DIRS, version, dirs=dirs)

    yield "home", move((home, t, [0, 1, 1, 9, -1]))
    for name in ("nowhere", "", "__cluster_metadata"):
        yield f"topic '{name}'", move((home, name, [0]))
    for path in ("/nowhere", "", "relative", f"{home}/", f"{home}/."):
        yield f"to {path.replace(home, 'home')}", move((path, t, [0, 9]))
    yield "home, then elsewhere", move((home, t, [0]), ("/nowhere", t, [0, 1]))
    yield "elsewhere, then home", move(("/nowhere", t, [0, 1]), (home, t, [0]))
    for length, index in ((213, 0), (214, 0), (212, 10), (213, 10)):
        yield f"a name of {length}, partition {index}", move((home, "x" * length, [index]))
    yield "none", move()


@scenario(DESCRIBE_LOG_DIRS, since=5)
def a_cordoned_directory(broker: Broker, version: int) -> Answers:
    """Nothing new goes there, but what is assigned to its broker."""
    topic = broker.topic("before")

    def cordon(operation: int, value: str | None) -> Any:
        answer = change(broker, 1, changed(BROKER, "1", ("cordoned.log.dirs", operation, value)))
        time.sleep(SLOW_S)
        return answer

    def create(stem: str, **fields: Any) -> Any:
        new = CREATE_TOPICS.request.type.CreatableTopic(
            name=broker.name(stem), **{"num_partitions": 1, "replication_factor": 1} | fields
        )
        return broker.ask(CREATE_TOPICS, 7, topics=[new], timeout_ms=10_000, validate_only=True)

    yield "cordoned", cordon(SET, "*")
    told = broker.ask(DESCRIBE_LOG_DIRS, version, topics=[])
    yield "told", [directory.is_cordoned for directory in told.results]
    yield "a topic", create("after")
    yield "three replicas", create("after", replication_factor=3)
    yield "too few partitions", create("after", num_partitions=0)
    assigned = CREATE_TOPICS.request.type.CreatableTopic.CreatableReplicaAssignment(partition_index=0, broker_ids=[1])
    yield "assigned", create("after", num_partitions=-1, replication_factor=-1, assignments=[assigned])
    yield "more partitions", grow(broker, 3, grown(topic.name, 2), validate_only=True)
    yield "fewer partitions", grow(broker, 3, grown(topic.name, 0), validate_only=True)
    yield "assigned partitions", grow(broker, 3, grown(topic.name, 2, [1]), validate_only=True)
    yield "uncordoned", cordon(DELETE, None)
    yield "a topic again", create("after")
