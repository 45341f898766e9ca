"""Requests a second: prepared frames from requests.c, at the newest version that all brokers speak.

Each frame is asked once before, over a connection of ours, and its answer read whole; what the load program then
counts are answers of the same length, with zeros where the error codes stand.
"""

import json
import struct
import time
from dataclasses import dataclass
from typing import Any

import programs
from both.batches import batch, record
from both.client import Broker as Asking
from both.client import Topic, produced
from pykbroker_protocol.apis.fetch import FETCH
from pykbroker_protocol.apis.metadata import METADATA
from pykbroker_protocol.apis.offset_commit import OFFSET_COMMIT
from pykbroker_protocol.apis.produce import PRODUCE
from pykbroker_protocol.messages import Api
from session import Failed, Session

from pykbroker import codec

VALUE = bytes(range(1, 101))
PRODUCE_ANSWER_BYTES = 62  # behind the length, when all is well
MOST_ZEROS = 8  # that requests.c looks at in each answer
_ERROR = 0x7F7F  # stands in for an error code, to see where it is


@dataclass(frozen=True)
class Prepared:
    """Requests ready to be sent, and what a right answer looks like."""

    frames: bytes
    answer_bytes: int
    error_codes_at: list[int]

    def options(self) -> list[object]:
        some = self.error_codes_at[:: 1 + len(self.error_codes_at) // MOST_ZEROS]
        zeros = [word for at in some for word in ("--zero", at)]
        return ["--answer-bytes", self.answer_bytes, *zeros]


def prepare(asking: Asking, api: Api, version: int, requests: list[dict[str, Any]]) -> Prepared:
    """Each of `requests` was asked once, and answered without an error and at the same length.

    Raises:
        Failed: an answer has an error code, or another length than the others.
    """
    connection = asking.connect("bench")
    frames, answers = b"", []
    for fields in requests:
        connection.send(api, version, **fields)
        body = connection.header(api, version) + codec.encode(api.request, version, api.request.type(**fields))
        frames += struct.pack(">i", len(body)) + body
        frame = connection.receive_frame()
        if not isinstance(frame, bytes):
            raise Failed(f"{api.name} v{version}: {frame.value}")
        answers.append(frame)
    at = [error_codes(api, version, answer) for answer in answers]
    if len({len(answer) for answer in answers}) > 1 or at.count(at[0]) < len(at):
        raise Failed(f"{api.name} v{version}: answers of {sorted({len(answer) for answer in answers})} bytes")
    return Prepared(frames, len(answers[0]), at[0])


def error_codes(api: Api, version: int, answer: bytes) -> list[int]:
    """Where in `answer` its error codes stand.

    Raises:
        Failed: one is not 0.
    """
    header_bytes = 4 + api.response_header_version(version)
    response = codec.decode(api.response, version, answer[header_bytes:])
    errors = [0]
    _set_errors(response, errors)
    if any(errors):
        raise Failed(f"{api.name} v{version} was answered with error codes {sorted(set(errors) - {0})}")
    marked = codec.encode(api.response, version, response)
    return [
        header_bytes + at
        for at in range(len(marked) - 1)
        if marked[at : at + 2] == _ERROR.to_bytes(2, "big")
        and answer[header_bytes + at : header_bytes + at + 2] == b"\0\0"
    ]


def _set_errors(message: Any, found: list[int]) -> None:
    """Every error code in `message` is _ERROR; what they were is in `found`."""
    for name in getattr(message, "__slots__", ()):
        value = getattr(message, name)
        if name == "error_code":
            found.append(value)
            message.error_code = _ERROR
        elif isinstance(value, list):
            for item in value:
                _set_errors(item, found)


def small_batch(value: bytes = VALUE) -> bytes:
    """One record of now: what retention finds too old goes while it is being fetched."""
    return batch(records=record(key=None, value=value), base_timestamp=int(time.time() * 1000))


def produces(topic: Topic, count: int) -> list[dict[str, Any]]:
    """One record of 100 bytes in a batch, `count` times with different bytes."""
    return [
        {
            "acks": -1,
            "timeout_ms": 30_000,
            "topic_data": [produced(topic, (0, small_batch(VALUE[n:] + VALUE[:n])))],
        }
        for n in range(count)
    ]


def fetch(topic: Topic, fetch_offset: int = 0) -> dict[str, Any]:
    Topics = FETCH.request.type.FetchTopic
    partition = Topics.FetchPartition(partition=0, fetch_offset=fetch_offset, partition_max_bytes=1_048_576)
    topics = [Topics(topic=topic.name, topic_id=topic.topic_id, partitions=[partition])]
    return {"max_wait_ms": 500, "min_bytes": 1, "max_bytes": 52_428_800, "topics": topics}


def commit(group: str, topic: Topic, partition: int) -> dict[str, Any]:
    Topics = OFFSET_COMMIT.request.type.OffsetCommitRequestTopic
    committed = Topics.OffsetCommitRequestPartition(
        partition_index=partition, committed_offset=1, committed_metadata=""
    )
    topics = [Topics(name=topic.name, topic_id=topic.topic_id, partitions=[committed])]
    return {"group_id": group, "member_id": "", "topics": topics}


def load(session: Session, prepared: Prepared, connections: int, depth: int = 1) -> dict[str, float]:
    """What requests.c says, with the broker's CPU time as `cpu_us` for each request."""
    with session.file(prepared.frames) as frames:
        times = ["--seconds", session.seconds, "--warm", session.seconds / 2]
        shape = ["--connections", connections, "--depth", depth]
        place = ["127.0.0.1", session.peer.port, frames]
        before = session.peer.cpu_s()
        told = session.run(programs.c_program("requests"), *place, *shape, *times, *prepared.options())
        figures: dict[str, float] = json.loads(told)
        figures["cpu_us"] = (session.peer.cpu_s() - before) * 1e6 / figures["all"]
    return figures


def warm(session: Session) -> None:
    """The broker has answered produces and fetches for some seconds: a JVM compiles what it runs often."""
    with session.asking() as asking:
        topic = asking.topic("warm")
        load(session, prepare(asking, PRODUCE, 13, produces(topic, 16)), 16, 4)
        one = asking.topic("warm-one")
        asking.produce(one, small_batch())
        load(session, prepare(asking, FETCH, 18, [fetch(one)]), 16)


def measure(session: Session) -> None:
    with session.asking() as asking:
        topic = asking.topic("requests")
        each = prepare(asking, PRODUCE, 13, produces(topic, 16))
        for row, connections, depth in (("produce-16", 16, 1), ("produce-200", 200, 1), ("produce-16x8", 16, 8)):
            _rate(session, row, each, connections, depth)
        if "requests.metadata" in session.rows:
            topics = [METADATA.request.type.MetadataRequestTopic(name=topic.name)]
            _rate(session, "metadata", prepare(asking, METADATA, 13, [{"topics": topics}]), 16)
        if "requests.offset-commit" in session.rows:
            wide = asking.topic("commits", 16)
            asking.wait_coordinator(wide.name)
            commits = [commit(wide.name, wide, partition) for partition in range(16)]
            _rate(session, "offset-commit", _patiently(asking, commits), 16)
        if "requests.fetch" in session.rows:
            one = asking.topic("one")
            asking.produce(one, small_batch())
            _rate(session, "fetch", prepare(asking, FETCH, 18, [fetch(one)]), 16)


def _patiently(asking: Asking, commits: list[dict[str, Any]]) -> Prepared:
    """Kafka goes on loading a group's partition for a moment after it named its coordinator."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return prepare(asking, OFFSET_COMMIT, 10, commits)
        except Failed:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _rate(session: Session, row: str, prepared: Prepared, connections: int, depth: int = 1) -> None:
    row = f"requests.{row}"
    if row not in session.rows:
        return
    figures = load(session, prepared, connections, depth)
    session.note(row, figures["per_second"])
    session.remark(
        row,
        f"p50 {figures['p50_us']:.0f} us, p99 {figures['p99_us']:.0f} us, max {figures['max_us']:.0f} us,"
        f" {figures['cpu_us']:.1f} us CPU each",
    )


def measure_single(session: Session) -> None:
    """One connection that sends its next record when the one before is acknowledged."""
    with session.asking() as asking:
        prepared = prepare(asking, PRODUCE, 13, produces(asking.topic("single"), 1))
        figures = load(session, prepared, 1)
    session.note("single.p50", figures["p50_us"])
    session.note("single.p99", figures["p99_us"])


def measure_durable(session: Session) -> None:
    """Into one partition of a topic with flush.messages=1."""
    if session.medium == "memory":
        raise programs.Missing("in memory nothing has to be synced")
    if session.peer.kind == "kfake":
        raise programs.Missing("it does not go by flush.messages")
    with session.asking() as asking:
        each = prepare(asking, PRODUCE, 13, produces(asking.topic("durable", flush_messages="1"), 16))
        for connections in (1, 16, 200):
            figures = load(session, each, connections)
            session.note(f"durable.{connections}", figures["per_second"])
            session.remark(f"durable.{connections}", f"p50 {figures['p50_us']:.0f} us, p99 {figures['p99_us']:.0f} us")


def bound(session: Session) -> None:
    """The same loads on a loop that answers anything at once, with as many bytes as a Produce gets."""
    prepared = Prepared(frame_of_a_produce(), PRODUCE_ANSWER_BYTES, [])
    for row, connections, depth in (("produce-16", 16, 1), ("produce-200", 200, 1), ("produce-16x8", 16, 8)):
        _rate(session, row, prepared, connections, depth)


def frame_of_a_produce() -> bytes:
    (fields,) = produces(Topic("requests"), 1)
    body = bytes(4) + b"\0\0\0\0\0\5bench\0" + codec.encode(PRODUCE.request, 13, PRODUCE.request.type(**fields))
    return struct.pack(">i", len(body)) + body
