"""A client that sends whatever it is given over a real socket, and reads what comes until the broker hangs up."""

from __future__ import annotations

import socket
import struct
import time
from collections import Counter
from typing import Any, NamedTuple

from garbage import TOPIC_PARTITIONS, TOPICS, Request, Sent
from pykbroker_protocol.all_apis import APIS
from pykbroker_protocol.apis.create_topics import CreateTopicsRequest
from pykbroker_protocol.apis.fetch import FetchRequest
from pykbroker_protocol.apis.produce import ProduceRequest
from pykbroker_protocol.messages import Api
from pykbroker_protocol.records.headers import REQUEST_HEADER, RequestHeader

from pykbroker import codec
from pykbroker.storage.records import Record, build_batch

PATIENCE_S = 10
_SIZE = struct.Struct(">i")


class Heard(NamedTuple):
    """What one conversation came to.  codes: the error codes in its answers."""

    answered: int
    codes: Counter[int]
    port: int


def converse(port: int, sent: Sent) -> Heard:
    """Everything is sent, the sending side ends, and the broker has hung up too.

    Raises:
        TimeoutError: it has not.
        Malformed: an answer is none.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as sock:
        own_port = sock.getsockname()[1]
        received = bytearray()
        try:
            sock.sendall(sent.stream)
            sock.shutdown(socket.SHUT_WR)
            while part := sock.recv(1 << 16):
                received += part
        except TimeoutError:
            raise
        except OSError:
            pass  # it closed while bytes of ours were under way
    answers, codes = 0, Counter[int]()
    position, waiting = 0, dict(sent.requests)
    while len(received) - position >= 8:
        size, correlation_id = struct.unpack_from(">ii", received, position)
        frame = memoryview(received)[position + 4 : position + 4 + size]
        if len(frame) < size:
            break
        if (asked := waiting.pop(correlation_id, None)) is not None:
            codes.update(codes_in(decoded(asked, frame)))
        answers += 1
        position += 4 + size
    return Heard(answers, codes, own_port)


def decoded(asked: Request, frame: memoryview) -> Any:
    return codec.decode(
        asked.api.response, asked.version, frame[4 + asked.api.response_header_version(asked.version) :]
    )


def codes_in(value: Any) -> list[int]:
    """Every `error_code` in a response."""
    if isinstance(value, list | tuple):
        return [code for item in value for code in codes_in(item)]
    found = []
    for name in getattr(type(value), "__slots__", ()):
        held = getattr(value, name)
        found += [held] if name == "error_code" else codes_in(held)
    return found


class Healthy:
    """A client that means well: one connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self._sock.close()

    def ask(self, request: Any, version: int) -> Any:
        api = _BY_REQUEST[type(request)]
        header = RequestHeader(request_api_key=api.key, request_api_version=version, correlation_id=7, client_id="well")
        body = codec.encode(REQUEST_HEADER, api.request_header_version(version), header)
        body += codec.encode(api.request, version, request)
        self._sock.sendall(_SIZE.pack(len(body)) + body)
        (size,) = _SIZE.unpack(self._exactly(4))
        frame = memoryview(self._exactly(size))
        return codec.decode(api.response, version, frame[4 + api.response_header_version(version) :])

    def _exactly(self, nbytes: int) -> bytes:
        received = bytearray()
        while len(received) < nbytes:
            part = self._sock.recv(nbytes - len(received))
            assert part, "closed"
            received += part
        return bytes(received)

    def create_topics(self) -> None:
        """TOPICS are there, empty."""
        topic = CreateTopicsRequest.CreatableTopic
        settings = {
            "fuzz-compact": {"cleanup.policy": "compact"},
            "fuzz-stamped": {"message.timestamp.type": "LogAppendTime"},
        }
        asked = [
            topic(
                name=name,
                num_partitions=TOPIC_PARTITIONS,
                replication_factor=1,
                configs=[topic.CreatableTopicConfig(name=k, value=v) for k, v in settings.get(name, {}).items()],
            )
            for name in [*TOPICS, "well"]
        ]
        created = self.ask(CreateTopicsRequest(topics=asked, timeout_ms=10_000), 7)
        assert {each.error_code for each in created.topics} <= {0, 36}, created  # 36: it was there

    def produce(self, value: bytes, topic: str = "well", partition: int = 0) -> int:
        """The offset that `value` got."""
        data = ProduceRequest.TopicProduceData
        records = build_batch([Record(b"k", value, time.time_ns() // 1_000_000)])  # or retention takes it
        part = data.PartitionProduceData(index=partition, records=records)
        asked = ProduceRequest(acks=-1, timeout_ms=10_000, topic_data=[data(name=topic, partition_data=[part])])
        (answer,) = self.ask(asked, 9).responses[0].partition_responses
        assert not answer.error_code, answer
        return int(answer.base_offset)

    def fetch(self, offset: int, topic: str = "well", partition: int = 0) -> bytes:
        """The batches from `offset` on."""
        wanted = FetchRequest.FetchTopic
        part = wanted.FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=1 << 20)
        asked = FetchRequest(max_bytes=1 << 20, session_epoch=-1, topics=[wanted(topic=topic, partitions=[part])])
        (answer,) = self.ask(asked, 12).responses[0].partitions
        assert not answer.error_code, answer
        return bytes(answer.records)

    def produces_and_fetches(self, value: bytes) -> None:
        assert value in self.fetch(self.produce(value))


_BY_REQUEST: dict[type, Api] = {api.request.type: api for api in APIS.values()}
