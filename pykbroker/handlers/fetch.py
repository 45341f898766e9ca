"""Fetch: batches leave as slices of the files they lie in, at once or when enough has come in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from pykbroker_protocol.apis.fetch import FetchRequest, FetchResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.runtime.later import Parked
from pykbroker.storage.partition_log import PartitionLog

from .broker import Broker
from .client import Client
from .counters import FAILED_FETCH, TopicCounters
from .fetch_sessions import TOPIC_IDS_SINCE, Round, Wanted
from .waiting_fetch import WaitingFetch

_NO_SUCH_PARTITION = (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID)

PartitionData = FetchResponse.FetchableTopicResponse.PartitionData
Answered = tuple[Wanted, PartitionData]

READ_UNCOMMITTED, READ_COMMITTED = 0, 1


def fetch(broker: Broker, request: FetchRequest, client: Client) -> FetchResponse | Parked[FetchResponse]:
    """Answered when `min_bytes` are there, when a partition has news that cannot wait, or after `max_wait_ms`."""
    version = client.api_version
    if request.isolation_level not in (READ_UNCOMMITTED, READ_COMMITTED):
        raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR, f"isolation level {request.isolation_level}")
    try:
        asked = broker.fetch_sessions.round(request, version, broker.clock.now())
    except Refused as refused:
        return FetchResponse(error_code=refused.code)
    reading = _Reading(broker, request, version)
    answered, lacking = reading.all_of(asked.wanted)
    if lacking <= 0 or request.max_wait_ms <= 0 or not asked.wanted:
        reading.count_sent()
        return _response(asked, answered)
    waiting = _Waiting(reading, asked, answered, lacking, request.max_wait_ms)
    return Parked(waiting, waiting.response)


class _Waiting(WaitingFetch):
    """Until `min_bytes` are there, or a partition has news that cannot wait."""

    __slots__ = ("_answered", "_asked", "_reading")

    def __init__(
        self, reading: _Reading, asked: Round, answered: list[Answered], lacking: int, max_wait_ms: int
    ) -> None:
        super().__init__(max_wait_ms)
        self._reading, self._asked, self._answered = reading, asked, answered
        self._wait_for(lacking)

    def look(self) -> bool:
        self.leave()
        self._answered, lacking = self._reading.all_of(self._asked.wanted)
        if lacking > 0:
            self._wait_for(lacking)
        return lacking <= 0

    def response(self) -> FetchResponse:
        self._reading.count_sent()
        return _response(self._asked, self._answered)

    def _wait_for(self, lacking: int) -> None:
        logs = self._reading.logs_of(self._asked.wanted)
        if not self._reading.committed:
            self.wait_for(lacking, logs)
            return
        decided = [log for log in logs if log.last_stable_offset == log.high_watermark]
        self.wait_for(lacking, decided, [log for log in logs if log.last_stable_offset < log.high_watermark])


class _Reading:
    """What one Fetch reads, within its limits."""

    __slots__ = (
        "_broker",
        "_by_id",
        "_counters",
        "_max_bytes",
        "_min_bytes",
        "_replica_id",
        "_sent",
        "_version",
        "committed",
    )

    def __init__(self, broker: Broker, request: FetchRequest, version: int) -> None:
        self._broker = broker
        self._counters = broker.counters
        self._version = version
        self._by_id = version >= TOPIC_IDS_SINCE
        self._replica_id = request.replica_state.replica_id if version >= 15 else request.replica_id
        self.committed = request.isolation_level == READ_COMMITTED
        self._max_bytes = min(request.max_bytes, broker.config.fetch_max_bytes)
        self._min_bytes = min(request.min_bytes, self._max_bytes)
        self._sent: list[tuple[TopicCounters, int]] = []

    def all_of(self, wanted: Iterable[Wanted]) -> tuple[list[Answered], int]:
        """The answer for each partition, and how many bytes are lacking; none where one has news that cannot wait."""
        answered: list[Answered] = []
        left, lacking, at_least_one = self._max_bytes, self._min_bytes, True
        self._sent.clear()
        for one in wanted:
            try:
                partition, nbytes, may_wait = self._read(one, left, at_least_one)
            except Refused as refused:
                partition, nbytes, may_wait = self._refusal(one, refused.code), 0, False
            if not may_wait:
                lacking = 0
            at_least_one = at_least_one and not nbytes
            left, lacking = max(0, left - nbytes), lacking - nbytes
            answered.append((one, partition))
        return answered, lacking

    def count_sent(self) -> None:
        """What was read last is what is sent: a Fetch that waits reads again, and sends once."""
        for counters, nbytes in self._sent:
            counters.bytes_out += nbytes

    def logs_of(self, wanted: Iterable[Wanted]) -> list[PartitionLog]:
        return [self._log(one) for one in wanted]

    def _log(self, wanted: Wanted) -> PartitionLog:
        broker = self._broker
        if self._by_id:
            topic = broker.catalog.topic_by_id(wanted.topic_id)
            if topic is None:
                raise Refused(ErrorCode.UNKNOWN_TOPIC_ID)
        else:
            topic = broker.catalog.topic_by_name(wanted.topic)
            if topic is None:
                raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        return broker.leader_log(topic, wanted.partition, wanted.current_leader_epoch)

    def _read(self, wanted: Wanted, left: int, at_least_one: bool) -> tuple[PartitionData, int, bool]:
        """The answer, the bytes in it, and whether there is a point in waiting for more."""
        log = self._log(wanted)
        counters = self._counters[log.topic]
        counters.fetch_requests += 1
        if self._replica_id >= 0:
            raise Refused(ErrorCode.NOT_LEADER_OR_FOLLOWER, f"there is no replica {self._replica_id}")
        if wanted.partition_max_bytes < 0 or self._max_bytes < 0:
            at_most = min(wanted.partition_max_bytes, self._max_bytes)
            raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR, f"{at_most} bytes at most")
        partition = PartitionData(
            partition_index=wanted.partition,
            high_watermark=log.high_watermark,
            last_stable_offset=log.last_stable_offset,
            log_start_offset=log.log_start_offset,
            aborted_transactions=[] if self.committed else None,
            records=b"",
        )
        if wanted.last_fetched_epoch >= 0 and self._diverges(log, wanted, partition):
            return partition, 0, False
        max_bytes = min(wanted.partition_max_bytes, left)
        up_to = log.last_stable_offset if self.committed else log.high_watermark
        found = log.read(wanted.fetch_offset, max_bytes, at_least_one=at_least_one, up_to=up_to)
        if found is None:
            return partition, 0, True
        partition.records = found
        if self.committed:
            partition.aborted_transactions = [
                PartitionData.AbortedTransaction(producer_id=each.producer_id, first_offset=each.first_offset)
                for each in log.aborted_in(wanted.fetch_offset, found)
            ]
        self._sent.append((counters, found.length))
        # What an older segment holds gets no longer; Kafka does not wait then either.
        return partition, found.length, log.segments[log.segments.number_of(up_to)].holds(found)

    def _diverges(self, log: PartitionLog, wanted: Wanted, partition: PartitionData) -> bool:
        """Whether the client's log parts from ours before `fetch_offset` (KIP-595); where goes into `partition`."""
        epoch, end_offset = log.end_offset_for_epoch(wanted.last_fetched_epoch)
        if end_offset < 0:
            raise Refused(ErrorCode.OFFSET_OUT_OF_RANGE, f"nothing is known of epoch {wanted.last_fetched_epoch}")
        if epoch >= wanted.last_fetched_epoch and end_offset >= wanted.fetch_offset:
            return False
        partition.diverging_epoch = PartitionData.EpochEndOffset(epoch=epoch, end_offset=end_offset)
        return True

    def _refusal(self, wanted: Wanted, code: ErrorCode) -> PartitionData:
        partition = PartitionData(
            partition_index=wanted.partition,
            error_code=code,
            high_watermark=-1,
            aborted_transactions=[] if code in _NO_SUCH_PARTITION else None,
            records=b"",
        )
        if code in FAILED_FETCH:
            self._counters[self._log(wanted).topic].failed_fetch_requests += 1
        if code is ErrorCode.NOT_LEADER_OR_FOLLOWER and self._version >= 16:  # KIP-951
            partition.current_leader = PartitionData.LeaderIdAndEpoch(
                leader_id=self._broker.node_id, leader_epoch=self._log(wanted).leader_epoch
            )
        return partition


def _response(asked: Round, answered: list[Answered]) -> FetchResponse:
    told = asked.told(answered)
    topics = [
        FetchResponse.FetchableTopicResponse(
            topic=topic, topic_id=topic_id, partitions=[partition for _, partition in group]
        )
        for (topic, topic_id), group in groupby(told, key=_topic_of)
    ]
    return FetchResponse(session_id=asked.session_id, responses=topics)


def _topic_of(answered: Any) -> tuple[str, bytes]:
    return answered[0].topic, answered[0].topic_id
