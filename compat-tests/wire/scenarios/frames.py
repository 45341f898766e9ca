"""Frames and headers that are not what they should be, and what a broker does with a client that sends them."""

from __future__ import annotations

import os
import struct
from typing import Any

from both.client import SILENCE_S, Broker, Connection, NoAnswer
from pykbroker_protocol.apis.api_versions import API_VERSIONS
from pykbroker_protocol.apis.fetch import FETCH
from pykbroker_protocol.apis.metadata import METADATA
from pykbroker_protocol.apis.produce import PRODUCE
from pykbroker_protocol.messages import Api

from pykbroker import codec

from . import Answers, scenario

NAMED = b"\0" + b"\2a" + b"\2b" + b"\0"  # what ApiVersions v3 says behind a classic header: tags, name, version, tags


def header(key: int, version: int, *, correlation_id: int = 7, client_id: bytes | None = b"wire") -> bytes:
    """A classic request header."""
    name = b"\xff\xff" if client_id is None else struct.pack(">h", len(client_id)) + client_id
    return struct.pack(">hhi", key, version, correlation_id) + name


def framed(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


def heard(connection: Connection, sent: bytes, patience_s: float = 5.0) -> Any:
    """What comes back: the frame, or that it closed, or that it waits for more."""
    try:
        connection.send_bytes(sent)
    except (BrokenPipeError, ConnectionResetError):
        return NoAnswer.CLOSED
    return connection.receive_frame(patience_s)


def described(answer: Any, api: Api, version: int) -> Any:
    """A frame as (correlation id, message without its long parts)."""
    if isinstance(answer, NoAnswer):
        return answer
    (correlation_id,) = struct.unpack_from(">i", answer)
    message = codec.decode(api.response, version, answer[4 + api.response_header_version(version) :])
    if api is API_VERSIONS and len(message.api_keys) > 1:
        message.api_keys = "many"
    if api is METADATA:
        message.topics = [topic for topic in message.topics if topic.error_code]
    return correlation_id, message


@scenario(API_VERSIONS, since=4)
def frames_that_are_none(broker: Broker, version: int) -> Answers:
    for label, sent in {
        "size 0": struct.pack(">i", 0),
        "size -1": struct.pack(">i", -1),
        "size -2^31": struct.pack(">i", -(1 << 31)),
        "size 2^31-1": struct.pack(">i", (1 << 31) - 1),
        "size one above socket.request.max.bytes": struct.pack(">i", 104857601),
        "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "TLS": bytes.fromhex("160301020001"),
        "one byte": framed(b"\0"),
        "half a header": framed(header(18, 0)[:6]),
        "a client id cut short": framed(header(18, 0)[:-2]),
        "a client id of negative length": framed(struct.pack(">hhih", 18, 0, 7, -2)),
        "a client id that is not UTF-8": framed(header(18, 0, client_id=b"\xff\xfe")),
    }.items():
        yield label, described(heard(broker.connect(), sent), API_VERSIONS, 0)


@scenario(API_VERSIONS, since=4)
def frames_cut_by_time(broker: Broker, version: int) -> Answers:
    connection, whole = broker.connect(), framed(header(18, 0))
    yield "half a frame", heard(connection, whole[:9], SILENCE_S)
    yield "the other half", described(heard(connection, whole[9:]), API_VERSIONS, 0)
    answers = [described(heard(connection, whole + whole), API_VERSIONS, 0)]
    yield "two frames at once", (*answers, described(connection.receive_frame(), API_VERSIONS, 0))


@scenario(API_VERSIONS, since=4)
def headers_at_the_edge(broker: Broker, version: int) -> Answers:
    for label, sent in {
        "null client id": header(18, 0, client_id=None),
        "empty client id": header(18, 0, client_id=b""),
        "a long client id": header(18, 0, client_id=b"x" * 32767),
        "correlation id -1": header(18, 0, correlation_id=-1),
        "correlation id -2^31": header(18, 0, correlation_id=-(1 << 31)),
    }.items():
        yield label, described(heard(broker.connect(), framed(sent)), API_VERSIONS, 0)


@scenario(API_VERSIONS, since=4)
def keys_and_versions_never_heard_of(broker: Broker, version: int) -> Answers:
    for key in (-1, 93, 999, 32767, 4, 5, 6, 7, 52, 58):
        yield f"key {key}", described(heard(broker.connect(), framed(header(key, 0) + bytes(20))), API_VERSIONS, 0)
    for wrong in (-1, 5, 99, 32767):
        sent = header(18, wrong) + NAMED
        yield f"ApiVersions v{wrong}", described(heard(broker.connect(), framed(sent)), API_VERSIONS, 0)
    yield "ApiVersions v99 and no more", described(heard(broker.connect(), framed(header(18, 99))), API_VERSIONS, 0)
    for wrong in (-1, 14, 99):
        yield f"Metadata v{wrong}", described(heard(broker.connect(), framed(header(3, wrong))), METADATA, 0)
    for wrong in (0, 1, 2, 14):
        yield f"Produce v{wrong}", described(heard(broker.connect(), framed(header(0, wrong) + bytes(8))), PRODUCE, 3)
    for wrong in (3, 19):
        yield f"Fetch v{wrong}", described(heard(broker.connect(), framed(header(1, wrong) + bytes(8))), FETCH, 4)
    connection = broker.connect()
    heard(connection, framed(header(18, 99) + NAMED))
    yield "after ApiVersions v99", described(heard(connection, framed(header(18, 0))), API_VERSIONS, 0)


@scenario(API_VERSIONS, since=4)
def bodies_that_lie(broker: Broker, version: int) -> Answers:
    for label, sent in {
        "Metadata v1 without a body": header(3, 1),
        "Metadata v1 with a count of 2^31-1": header(3, 1) + b"\x7f\xff\xff\xff",
        "Metadata v1 with a count of 100": header(3, 1) + struct.pack(">i", 100) + b"\0\1a",
        "Metadata v1 with a count of -2": header(3, 1) + struct.pack(">i", -2),
        "Metadata v1 with a null name": header(3, 1) + struct.pack(">ih", 1, -1),
        "Metadata v1 with a name that is not UTF-8": header(3, 1) + struct.pack(">ih", 1, 2) + b"\xff\xfe",
        "Metadata v1 with bytes left over": header(3, 1) + struct.pack(">i", 0) + b"more",
    }.items():
        yield label, described(heard(broker.connect(), framed(sent)), METADATA, 1)
    tags = header(18, 3) + NAMED[:-1]
    for label, sent in {
        "ApiVersions v3 without tags": tags,
        "ApiVersions v3 with an unknown tag": tags + b"\1\x63\2hi",
        "ApiVersions v3 with a tag cut short": tags + b"\1\x63\5hi",
        "ApiVersions v3 with a tag count of 2^31-1": tags + b"\xff\xff\xff\xff\x07",
        "ApiVersions v3 with a varint of six bytes": tags + b"\x80\x80\x80\x80\x80\x01",
        "ApiVersions v3 with a tag in its header": header(18, 3) + b"\1\x63\2hi" + b"\2a" + b"\2b" + b"\0",
    }.items():
        answer = described(heard(broker.connect(), framed(sent)), API_VERSIONS, 3)
        if isinstance(answer, tuple):
            answer = answer[0], answer[1].error_code
        yield label, answer


@scenario(API_VERSIONS, since=4)
def noise(broker: Broker, version: int) -> Answers:
    """Random bytes after a right size; the broker lives on."""
    for size in (1, 8, 14, 100):
        connection = broker.connect()
        answer = heard(connection, framed(b"\x7f" + os.urandom(size - 1)))
        yield f"{size} bytes of noise", answer if isinstance(answer, NoAnswer) else "an answer"
    yield "alive", broker.connect().ask(API_VERSIONS, 0).error_code
