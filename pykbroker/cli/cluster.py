"""The cluster behind one address: who leads what, who coordinates whom, and one connection to each broker asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TypeVar

from pykbroker_protocol.apis.find_coordinator import FIND_COORDINATOR, FindCoordinatorRequest
from pykbroker_protocol.apis.list_offsets import LIST_OFFSETS, ListOffsetsRequest
from pykbroker_protocol.apis.metadata import METADATA, MetadataRequest, MetadataResponse
from pykbroker_protocol.errors import ErrorCode

from pykbroker.cli.connection import Connection
from pykbroker.cli.failures import Failed, Wrong, nearest, refusal

EARLIEST, LATEST = -2, -1  # what ListOffsets takes for the ends of a partition

Partition = tuple[str, int]
_T = TypeVar("_T")
_NOT_YET = {
    ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ErrorCode.NOT_COORDINATOR,
    ErrorCode.LEADER_NOT_AVAILABLE,
}
_RETRIES, _RETRY_AFTER_S = 20, 0.25


class Cluster:
    def __init__(self, bootstrap_servers: str) -> None:
        """
        Raises:
            Failed: none of them answers.
            Wrong: it is no list of HOST:PORT.
        """
        faults = []
        for address in bootstrap_servers.split(","):
            host, port = parse_address(address.strip())
            try:
                self.first = Connection(host, port)
                break
            except Failed as fault:
                faults.append(fault)
        else:
            raise faults[-1]
        self._connections: dict[int, Connection] = {}
        self._brokers: dict[int, tuple[str, int]] = {}
        self._leaders: dict[Partition, int] = {}

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        for connection in [self.first, *self._connections.values()]:
            connection.close()

    def metadata(self, names: Iterable[str] | None = None) -> MetadataResponse:
        """What the cluster says of `names`, or of all topics; no topic is created by asking."""
        topics = None if names is None else [MetadataRequest.MetadataRequestTopic(name=name) for name in names]
        answer = self.first.ask(METADATA, MetadataRequest(topics=topics, allow_auto_topic_creation=False), at_least=4)
        self._brokers = {broker.node_id: (broker.host, broker.port) for broker in answer.brokers}
        for topic in answer.topics:
            for partition in topic.partitions:
                self._leaders[topic.name, partition.partition_index] = partition.leader_id
        found: MetadataResponse = answer
        return found

    def brokers(self) -> list[int]:
        self.metadata([])
        return sorted(self._brokers)

    def topics(self, names: Iterable[str]) -> list[MetadataResponse.MetadataResponseTopic]:
        """The topics called `names`, in that order.

        Raises:
            Failed: one does not exist; the nearest name is in the message.
        """
        names = list(names)
        found = {topic.name: topic for topic in self.metadata(names).topics}
        for name in names:
            code = found[name].error_code
            if code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                known = [topic.name or "" for topic in self.metadata().topics]
                otherwise = f"`pykbroker topics list` shows those that exist, `pykbroker topics create {name}` makes it"
                raise Failed(f"There is no topic {name}: {nearest(name, known, otherwise)}")
            if code not in (ErrorCode.NONE, ErrorCode.LEADER_NOT_AVAILABLE):
                raise refusal(f"Topic {name}", code)
        return [found[name] for name in names]

    def broker(self, node_id: int) -> Connection:
        """
        Raises:
            Failed: it cannot be reached at the address that the cluster gives.
        """
        if node_id not in self._connections:
            if node_id not in self._brokers:
                raise Failed(f"The cluster at {self.first.address} has no broker {node_id} now; try again")
            host, port = self._brokers[node_id]
            try:
                self._connections[node_id] = Connection(host, port)
            except Failed as fault:
                raise Failed(
                    f"The broker at {self.first.address} tells clients to use {host}:{port}, and nobody answers there; "
                    "set its advertised.listeners to an address that can be reached from here"
                ) from fault
        return self._connections[node_id]

    def by_leader(self, partitions: Iterable[Partition]) -> dict[int, list[Partition]]:
        """`partitions` of topics that were asked for, by the broker that leads each."""
        led: dict[int, list[Partition]] = {}
        for partition in partitions:
            leader = self._leaders.get(partition, -1)
            if leader < 0:
                raise Failed(f"Partition {partition[1]} of {partition[0]} has no leader now; try again")
            led.setdefault(leader, []).append(partition)
        return led

    def coordinator(self, group_id: str) -> Connection:
        """The connection to the broker that looks after the group."""

        def find() -> tuple[int, str | None, tuple[int, str, int]]:
            answer = self.first.ask(
                FIND_COORDINATOR, FindCoordinatorRequest(key_type=0, coordinator_keys=[group_id]), at_least=4
            )
            found = answer.coordinators[0]
            return found.error_code, found.error_message, (found.node_id, found.host, found.port)

        node_id, host, port = patiently(f"The coordinator of group {group_id}", find)
        self._brokers.setdefault(node_id, (host, port))
        return self.broker(node_id)

    def offsets(self, partitions: Iterable[Partition], timestamp: int) -> dict[Partition, int]:
        """The first offset at or after `timestamp`, or EARLIEST or LATEST; -1 where no record is so late."""
        found = {}
        for leader, led in self.by_leader(partitions).items():
            answer = self.broker(leader).ask(LIST_OFFSETS, _list_offsets(led, timestamp))
            for topic in answer.topics:
                for partition in topic.partitions:
                    if partition.error_code:
                        raise refusal(f"The offsets of {topic.name}-{partition.partition_index}", partition.error_code)
                    found[topic.name, partition.partition_index] = partition.offset
        return found


def _list_offsets(partitions: list[Partition], timestamp: int) -> ListOffsetsRequest:
    topics: dict[str, list[ListOffsetsRequest.ListOffsetsTopic.ListOffsetsPartition]] = {}
    of_partition = ListOffsetsRequest.ListOffsetsTopic.ListOffsetsPartition
    for name, index in partitions:
        topics.setdefault(name, []).append(of_partition(partition_index=index, timestamp=timestamp))
    asked = [ListOffsetsRequest.ListOffsetsTopic(name=name, partitions=asked) for name, asked in topics.items()]
    return ListOffsetsRequest(replica_id=-1, topics=asked, timeout_ms=30_000)


def patiently(what: str, ask: Callable[[], tuple[int, str | None, _T]]) -> _T:
    """What `ask` finds, asked again while the cluster is still getting there.

    Raises:
        Failed: the answer's error code, or it took too long.
    """
    for _ in range(_RETRIES):
        error_code, message, found = ask()
        if error_code == ErrorCode.NONE:
            return found
        if error_code not in _NOT_YET:
            break
        time.sleep(_RETRY_AFTER_S)
    raise refusal(what, error_code, message)


def parse_address(text: str) -> tuple[str, int]:
    """
    Raises:
        Wrong: it is no HOST or HOST:PORT.
    """
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, "9092"
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise Wrong(f"{text!r} is no address of a broker: write HOST:PORT, as in localhost:9092")
    return host, int(port)
