"""Fetch: what is read from where, how long it waits, and sessions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from both.batches import batch
from both.client import Broker, Topic, produced
from pykbroker_protocol.apis.fetch import FETCH
from pykbroker_protocol.apis.produce import PRODUCE

from . import Answers, scenario

NOWHERE = b"\x07" * 16


def asked(topic: Topic, *partitions: Any) -> Any:
    """A topic of a Fetch; a partition is its index, or fields of it."""
    Request = FETCH.request.type
    usual = {"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1 << 20}
    fields = [part if isinstance(part, dict) else {"partition": part} for part in partitions]
    return Request.FetchTopic(
        topic=topic.name,
        topic_id=topic.topic_id,
        partitions=[Request.FetchTopic.FetchPartition(**usual | given) for given in fields],
    )


def forgotten(topic: Topic, *partitions: int) -> Any:
    return FETCH.request.type.ForgottenTopic(topic=topic.name, topic_id=topic.topic_id, partitions=list(partitions))


def fetch(broker: Any, version: int, *topics: Any, **fields: Any) -> Any:
    """One Fetch outside any session that waits for nothing."""
    usual = {"max_wait_ms": 0, "min_bytes": 0, "session_id": 0, "session_epoch": -1, "replica_id": -1}
    return broker.ask(FETCH, version, topics=list(topics), **usual | fields)


def filled(broker: Broker, stem: str = "t", batches: int = 3, partitions: int = 1) -> Topic:
    """A topic with that many batches of two records in partition 0."""
    topic = broker.topic(stem, partitions)
    broker.produce(topic, *[batch(2) for _ in range(batches)])
    return topic


@scenario(FETCH)
def offsets(broker: Broker, version: int) -> Answers:
    topic = filled(broker, partitions=2)
    for offset in (0, 1, 2, 5, 6, 7, -1, 1 << 40):
        yield f"from {offset}", fetch(broker, version, asked(topic, {"fetch_offset": offset}))
    yield "an empty partition", fetch(broker, version, asked(topic, 1))
    yield "beyond an empty partition", fetch(broker, version, asked(topic, {"partition": 1, "fetch_offset": 1}))
    yield "both", fetch(broker, version, asked(topic, 0, 1))
    yield "the same partition twice", fetch(broker, version, asked(topic, {"fetch_offset": 2}, {"fetch_offset": 4}))
    yield "nothing", fetch(broker, version)
    yield "no partition", fetch(broker, version, asked(topic))


@scenario(FETCH)
def unknown_partitions(broker: Broker, version: int) -> Answers:
    topic, nowhere = filled(broker), Topic(broker.name("nowhere"), NOWHERE)
    yield "unknown topic", fetch(broker, version, asked(nowhere, 0))
    yield "no name, no id", fetch(broker, version, asked(Topic(""), 0))
    yield "unknown partition", fetch(broker, version, asked(topic, 9, -1))
    yield "one good, one not", fetch(broker, version, asked(topic, 0, 9), asked(nowhere, 0))


@scenario(FETCH)
def isolation_levels(broker: Broker, version: int) -> Answers:
    topic = filled(broker)
    for level in (0, 1, 2, -1):
        yield f"isolation level {level}", fetch(broker, version, asked(topic, 0), isolation_level=level)


@scenario(FETCH)
def sizes(broker: Broker, version: int) -> Answers:
    topic = filled(broker, batches=4)
    other = filled(broker, "other")
    for size in (0, -1, 1, 94, 95, 96, 200, 300):
        part = {"partition_max_bytes": size}
        yield f"partition_max_bytes {size}", fetch(broker, version, asked(topic, part))
        yield f"max_bytes {size}", fetch(broker, version, asked(topic, 0), max_bytes=size)
    small = {"partition_max_bytes": 1}
    yield "two partitions of 1", fetch(broker, version, asked(topic, small), asked(other, small))
    yield "max_bytes 1 for two", fetch(broker, version, asked(topic, 0), asked(other, 0), max_bytes=1)
    yield "max_bytes 400 for two", fetch(broker, version, asked(topic, 0), asked(other, 0), max_bytes=400)


@scenario(FETCH)
def replicas(broker: Broker, version: int) -> Answers:
    topic = filled(broker)
    state = FETCH.request.type.ReplicaState
    for replica_id in (-2, 1, 7):
        told = {"replica_id": replica_id, "replica_state": state(replica_id=replica_id, replica_epoch=1)}
        yield f"replica {replica_id}", fetch(broker, version, asked(topic, 0), **told)
    yield "a rack", fetch(broker, version, asked(topic, 0), rack_id="r")
    yield "another cluster's id", fetch(broker, version, asked(topic, 0), cluster_id="other")


@scenario(FETCH, since=9)
def leader_epochs(broker: Broker, version: int) -> Answers:
    topic = filled(broker)
    for epoch in (-1, 0, 1, 7, -2):
        yield f"epoch {epoch}", fetch(broker, version, asked(topic, {"current_leader_epoch": epoch}))
    for epoch in (-1, 0, 1, -2):
        part = {"fetch_offset": 2, "last_fetched_epoch": epoch}
        yield f"last fetched epoch {epoch}", fetch(broker, version, asked(topic, part))
    part = {"fetch_offset": 99, "last_fetched_epoch": 0}
    yield "last fetched epoch 0 beyond the end", fetch(broker, version, asked(topic, part))


def taking(question: Callable[[], Any], least_s: float, most_s: float) -> tuple[Any, Any]:
    """An answer, and whether it took as long as it should."""
    start = time.monotonic()
    answer = question()
    took = time.monotonic() - start
    return answer, "in time" if least_s <= took <= most_s else f"took {took:.3f} s, not {least_s} to {most_s}"


@scenario(FETCH)
def waiting(broker: Broker, version: int) -> Answers:
    topic, empty = filled(broker), broker.topic("empty")
    patient = {"max_wait_ms": 300, "min_bytes": 1}
    yield "nothing there", taking(lambda: fetch(broker, version, asked(empty, 0), **patient), 0.29, 1)
    yield "something there", taking(lambda: fetch(broker, version, asked(topic, 0), **patient), 0, 0.2)
    yield "an error", taking(lambda: fetch(broker, version, asked(topic, 9), **patient), 0, 0.2)
    yield "out of range", taking(lambda: fetch(broker, version, asked(topic, {"fetch_offset": 99}), **patient), 0, 0.2)
    more = patient | {"min_bytes": 10_000}
    yield "less than min_bytes", taking(lambda: fetch(broker, version, asked(topic, 0), **more), 0.29, 1)
    yield "min_bytes 0", taking(lambda: fetch(broker, version, asked(empty, 0), max_wait_ms=9000), 0, 0.2)
    yield (
        "min_bytes -1",
        taking(lambda: fetch(broker, version, asked(empty, 0), max_wait_ms=9000, min_bytes=-1), 0, 0.2),
    )
    yield "max_wait_ms -1", taking(lambda: fetch(broker, version, asked(empty, 0), max_wait_ms=-1, min_bytes=1), 0, 0.2)
    yield "no partition", taking(lambda: fetch(broker, version, **patient), 0, 0.2)
    beyond = patient | {"min_bytes": 1 << 30, "max_bytes": 100}
    yield "min_bytes above max_bytes", taking(lambda: fetch(broker, version, asked(topic, 0), **beyond), 0, 0.2)


@scenario(FETCH)
def woken_by_a_record(broker: Broker, version: int) -> Answers:
    topic, other = broker.topic("empty"), broker.connect()
    fields = {"max_wait_ms": 9000, "min_bytes": 1, "session_epoch": -1, "replica_id": -1, "topics": [asked(topic, 0)]}
    connection = broker.connect()
    connection.send(FETCH, version, **fields)
    other.ask(PRODUCE, 13, acks=1, timeout_ms=1000, topic_data=[produced(topic, (0, batch()))])
    yield "one record", taking(lambda: connection.receive(FETCH, version), 0, 1)


@scenario(FETCH, since=7)
def a_session(broker: Broker, version: int) -> Answers:
    topic, other = filled(broker, partitions=2), filled(broker, "other", batches=1)
    first = fetch(broker, version, asked(topic, 0, 1), session_epoch=0)
    yield "full", first
    session = first.session_id

    def again(epoch: int, *topics: Any, **fields: Any) -> Any:
        return fetch(broker, version, *topics, session_id=session, session_epoch=epoch, **fields)

    yield "the same again", again(1)
    yield "at its end", again(2, asked(topic, {"fetch_offset": 6}))
    broker.produce(topic, batch(), partition=1)
    yield "a record in the other partition", again(3)
    yield "another topic joins", again(4, asked(other, 0))
    yield "it is forgotten", again(5, forgotten_topics_data=[forgotten(other, 0)])
    yield "forgotten and not there", again(6, forgotten_topics_data=[forgotten(other, 0, 7)])
    yield "forgotten and asked for at once", again(7, asked(other, 0), forgotten_topics_data=[forgotten(other, 0)])
    yield "an unknown partition", again(8, asked(topic, 9))
    yield "it stays", again(9)
    yield "out of range", again(10, asked(topic, {"fetch_offset": 99}))
    yield "out of range stays", again(11)
    yield "the epoch before", again(11)
    yield "an epoch too far", again(14)
    yield "the right epoch after that", again(12)
    yield "full with its id", again(0, asked(topic, 0))
    yield "after that", again(1)


@scenario(FETCH, since=7)
def sessions_begin_and_end(broker: Broker, version: int) -> Answers:
    topic = filled(broker)
    yield "unknown session", fetch(broker, version, session_id=123456789, session_epoch=1)
    yield "unknown session, partitions", fetch(broker, version, asked(topic, 0), session_id=123456789, session_epoch=5)
    yield "unknown session, full", fetch(broker, version, asked(topic, 0), session_id=123456789, session_epoch=0)
    yield "unknown session, final", fetch(broker, version, asked(topic, 0), session_id=123456789, session_epoch=-1)
    yield "session 0, epoch 1", fetch(broker, version, asked(topic, 0), session_epoch=1)
    yield "session -1, epoch 0", fetch(broker, version, asked(topic, 0), session_id=-1, session_epoch=0)
    yield "epoch -2", fetch(broker, version, asked(topic, 0), session_epoch=-2)
    yield "full and nothing asked", fetch(broker, version, session_epoch=0)
    opened = fetch(broker, version, asked(topic, 0), session_epoch=0)
    yield "opened", opened
    yield "closed", fetch(broker, version, asked(topic, 0), session_id=opened.session_id, session_epoch=-1)
    yield "used after that", fetch(broker, version, session_id=opened.session_id, session_epoch=1)
    opened = fetch(broker, version, asked(topic, 0), session_epoch=0)
    yield (
        "from another connection",
        fetch(broker.connect("another"), version, session_id=opened.session_id, session_epoch=1),
    )
    yield (
        "forgotten to emptiness",
        fetch(
            broker, version, session_id=opened.session_id, session_epoch=2, forgotten_topics_data=[forgotten(topic, 0)]
        ),
    )
    yield "the next", fetch(broker, version, session_id=opened.session_id, session_epoch=3)


@scenario(FETCH, since=7)
def sessions_with_unknown_topics(broker: Broker, version: int) -> Answers:
    topic, nowhere = filled(broker), Topic(broker.name("nowhere"), NOWHERE)
    opened = fetch(broker, version, asked(topic, 0), asked(nowhere, 0), session_epoch=0)
    yield "opened", opened
    yield "again", fetch(broker, version, session_id=opened.session_id, session_epoch=1)
    yield (
        "forgotten",
        fetch(
            broker,
            version,
            session_id=opened.session_id,
            session_epoch=2,
            forgotten_topics_data=[forgotten(nowhere, 0)],
        ),
    )
    yield "only an unknown one", fetch(broker, version, asked(nowhere, 0), session_epoch=0)


@scenario(FETCH, since=7)
def a_session_that_waits(broker: Broker, version: int) -> Answers:
    topic = filled(broker)
    opened = fetch(broker, version, asked(topic, {"fetch_offset": 6}), session_epoch=0)
    yield "opened at the end", opened
    session = {"session_id": opened.session_id, "max_wait_ms": 300, "min_bytes": 1}
    yield "waits", taking(lambda: fetch(broker, version, session_epoch=1, **session), 0.29, 1)
