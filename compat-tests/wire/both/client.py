"""A client that sends exactly what a scenario says, right or wrong, and returns exactly what came back.

There is no retry, no metadata and no patience in it beyond a time limit: CLOSED and SILENT are answers too.
"""

from __future__ import annotations

import socket
import struct
import time
from enum import Enum
from typing import Any

from pykbroker_protocol.apis.create_topics import CREATE_TOPICS
from pykbroker_protocol.apis.find_coordinator import FIND_COORDINATOR
from pykbroker_protocol.apis.init_producer_id import INIT_PRODUCER_ID
from pykbroker_protocol.apis.list_offsets import LIST_OFFSETS
from pykbroker_protocol.apis.metadata import METADATA
from pykbroker_protocol.apis.produce import PRODUCE
from pykbroker_protocol.messages import Api
from pykbroker_protocol.records.headers import REQUEST_HEADER, RESPONSE_HEADER, RequestHeader

from pykbroker import codec

PATIENCE_S = 10.0
SILENCE_S = 0.4


class NoAnswer(Enum):
    CLOSED = "the broker closed the connection"
    SILENT = "the broker said nothing"


class Connection:
    """One connection; `client_id` goes into every header."""

    def __init__(self, host: str, port: int, client_id: str | None = "wire") -> None:
        self.client_id = client_id
        self._socket = socket.create_connection((host, port), timeout=PATIENCE_S)
        self._correlation_id = 0

    def close(self) -> None:
        self._socket.close()

    def ask(self, api: Api, version: int, **fields: Any) -> Any:
        """The answer to a request of `fields`; the others have their defaults."""
        self.send(api, version, **fields)
        return self.receive(api, version)

    def send(self, api: Api, version: int, **fields: Any) -> None:
        """Send a request without waiting for its answer."""
        self._correlation_id += 1
        self.send_frame(self.header(api, version) + codec.encode(api.request, version, api.request.type(**fields)))

    def header(self, api: Api, version: int) -> bytes:
        """The header of the latest request."""
        header = RequestHeader(
            request_api_key=api.key,
            request_api_version=version,
            correlation_id=self._correlation_id,
            client_id=self.client_id,
        )
        return codec.encode(REQUEST_HEADER, api.request_header_version(version), header)

    def send_frame(self, body: bytes) -> None:
        self.send_bytes(struct.pack(">i", len(body)) + body)

    def send_bytes(self, sent: bytes) -> None:
        self._socket.sendall(sent)

    def receive(self, api: Api, version: int, patience_s: float = PATIENCE_S) -> Any:
        """The next answer, which has to be one to the latest request and end where its frame ends."""
        frame = self.receive_frame(patience_s)
        if isinstance(frame, NoAnswer):
            return frame
        header_version = api.response_header_version(version)
        header, position = codec.read(RESPONSE_HEADER, header_version, memoryview(frame))
        assert header.correlation_id == self._correlation_id, header
        return codec.decode(api.response, version, frame[position:])

    def receive_frame(self, patience_s: float = PATIENCE_S) -> bytes | NoAnswer:
        self._socket.settimeout(patience_s)
        try:
            size = self._receive_exactly(4)
            return self._receive_exactly(struct.unpack(">i", size)[0])
        except TimeoutError:
            return NoAnswer.SILENT
        except (EOFError, ConnectionResetError, BrokenPipeError):
            return NoAnswer.CLOSED

    def _receive_exactly(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            more = self._socket.recv(count - len(received))
            if not more:
                raise EOFError
            received += more
        return received


class Broker:
    """A running broker, as one run of one scenario sees it: with a connection, and with names of its own."""

    def __init__(self, host: str, port: int, run: str = "") -> None:
        self.host, self.port, self.run = host, port, run
        self.topic_ids: dict[bytes, str] = {}
        self._connections: list[Connection] = []
        self._connection: Connection | None = None

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()

    def connect(self, client_id: str | None = "wire") -> Connection:
        """A new connection, closed when the scenario ends."""
        self._connections.append(Connection(self.host, self.port, client_id))
        return self._connections[-1]

    def ask(self, api: Api, version: int, **fields: Any) -> Any:
        """An answer over this run's own connection, which is a new one after the broker closed it."""
        if self._connection is None:
            self._connection = self.connect()
        answer = self._connection.ask(api, version, **fields)
        if isinstance(answer, NoAnswer):
            self._connection = None
        return answer

    def name(self, stem: str) -> str:
        """A name that no other run uses."""
        return f"{self.run}.{stem}"

    def topic(self, stem: str, partitions: int = 1, **configs: str) -> Topic:
        """A new topic with all its partitions led."""
        name = self.name(stem)
        created = self.ask(
            CREATE_TOPICS,
            7,
            topics=[
                CREATE_TOPICS.request.type.CreatableTopic(
                    name=name,
                    num_partitions=partitions,
                    replication_factor=1,
                    configs=[
                        CREATE_TOPICS.request.type.CreatableTopic.CreatableTopicConfig(
                            name=key.replace("_", "."), value=value
                        )
                        for key, value in configs.items()
                    ],
                )
            ],
        ).topics[0]
        assert created.error_code == 0, created
        self.topic_ids[created.topic_id] = f"id of {stem}"
        self.wait_led(name)
        return Topic(name, created.topic_id)

    def wait_led(self, name: str) -> None:
        """Wait until every partition of `name` is led; Kafka's metadata says so a little before it is true."""
        found = self.wait_metadata(name, lambda topic: topic.error_code == 0)
        deadline = time.monotonic() + PATIENCE_S
        while any(self.log_end(name, partition.partition_index) is None for partition in found.partitions):
            assert time.monotonic() < deadline, f"{name} has partitions without leader"
            time.sleep(0.01)

    def log_end(self, topic: str, partition: int = 0) -> int | None:
        """The offset behind the last record, or None while there is no leader to tell."""
        Request = LIST_OFFSETS.request.type
        asked = Request.ListOffsetsTopic.ListOffsetsPartition(partition_index=partition, timestamp=-1)
        topics = [Request.ListOffsetsTopic(name=topic, partitions=[asked])]
        (answer,) = self.ask(LIST_OFFSETS, 5, replica_id=-1, topics=topics).topics[0].partitions
        return None if answer.error_code else int(answer.offset)

    def wait_metadata(self, name: str, holds: Any) -> Any:
        """Wait until the metadata of topic `name` is such that `holds`; returns it."""
        asked = METADATA.request.type.MetadataRequestTopic(name=name)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            (topic,) = self.ask(METADATA, 12, topics=[asked], allow_auto_topic_creation=False).topics
            if holds(topic):
                return topic
            assert time.monotonic() < deadline, topic
            time.sleep(0.01)

    def wait_coordinator(self, key: str) -> None:
        """Wait until groups are coordinated; the first question creates the topic of their offsets."""
        deadline = time.monotonic() + PATIENCE_S
        while self.ask(FIND_COORDINATOR, 4, coordinator_keys=[key]).coordinators[0].error_code:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def wait_producer_ids(self) -> None:
        """Wait until producer ids are given out; Kafka asks its controller for the first block of them."""
        deadline = time.monotonic() + PATIENCE_S
        while self.ask(INIT_PRODUCER_ID, 4, transactional_id=None, transaction_timeout_ms=1000).error_code:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def produce(self, topic: Topic, *batches: bytes, partition: int = 0) -> None:
        """Each batch appended to a partition, and acknowledged."""
        for batch in batches:
            answer = self.ask(PRODUCE, 13, acks=-1, timeout_ms=10_000, topic_data=[produced(topic, (partition, batch))])
            (result,) = answer.responses[0].partition_responses
            assert result.error_code == 0, result


class Topic:
    """A topic under both its names."""

    def __init__(self, name: str, topic_id: bytes = bytes(16)) -> None:
        self.name, self.topic_id = name, topic_id


def produced(topic: Topic, *partitions: tuple[int, bytes | None]) -> Any:
    """The part of a Produce request that concerns `topic`: (index, records) of each partition."""
    Request = PRODUCE.request.type
    return Request.TopicProduceData(
        name=topic.name,
        topic_id=topic.topic_id,
        partition_data=[
            Request.TopicProduceData.PartitionProduceData(index=index, records=records) for index, records in partitions
        ],
    )
