"""Fetch of one partition, out of a session, again: only the offset differs from an earlier request of the client.

What has to tell more than records takes the long way.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import Any

from pykbroker_protocol.apis.fetch import FETCH, FetchRequest, FetchResponse
from pykbroker_protocol.errors import Refused
from pykbroker_protocol.records.headers import RESPONSE_HEADER, ResponseHeader

from pykbroker import codec
from pykbroker.runtime.later import Parked
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.slice import FileSlice

from . import known as ways
from .broker import Broker
from .client import Client
from .fetch import READ_COMMITTED, READ_UNCOMMITTED
from .fetch_sessions import FINAL_EPOCH, TOPIC_IDS_SINCE
from .known import KnownFetch
from .places import Place, find, is_there
from .prefixes import Exchange, Prefixes
from .waiting_fetch import WaitingFetch

_NO_REPLICA, _NO_EPOCH = -1, -1
_COPIED_BYTES = 16 * 1024  # up to here a copy is cheaper than a call to the system of its own
_LOG_START_SINCE = 5
_INT32, _INT64, _TWO, _THREE = (struct.Struct(layout) for layout in (">i", ">q", ">qq", ">qqq"))
# Found again in the bytes of a message that has them.
_MARKS = 0x7B1D_55C3_0F92_E8A6, 0x62E9_81F4_3C07_DB95, 0x4AD0_96B7_E21F_5C83
_MARKED = b"\x91\xe4\x5d\x0a\xc6\x38\x7f\xb2"

Read = tuple[Place, FileSlice | None]
_Partition = FetchResponse.FetchableTopicResponse.PartitionData


class _Waiting(WaitingFetch):
    """Until there are `min_bytes` of one partition, or more to tell than records."""

    __slots__ = ("_known", "_offset", "_straight", "_usual", "answer", "found")

    def __init__(
        self,
        usual: UsualFetch,
        known: KnownFetch,
        offset: int,
        lacking: int,
        log: PartitionLog,
        straight: Callable[[], list[Any] | None],
    ) -> None:
        super().__init__(known.max_wait_ms)
        self._usual, self._known, self._offset, self._straight = usual, known, offset, straight
        self.answer: list[Any] | None = None  # if it is that easy
        self.found: Read | None = None
        self.wait_for(lacking, [log])

    def look(self) -> bool:
        self.leave()
        self.answer = self._straight()
        if self.answer is not None:
            return True
        self.found = found = self._usual.read(self._known, self._offset)
        if found is None:
            return True
        lacking = self._usual.lacking(self._known, found[1])
        if lacking > 0:
            self.wait_for(lacking, [found[0].log])
        return lacking <= 0


class UsualFetch:
    """The shortcut of Fetch."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.straight = ways.fetch

    def answer(
        self, frame: memoryview, version: int, correlation_id: int, client: Client
    ) -> list[Any] | Parked[list[Any] | None] | None:
        if client.fetches is None:
            return None
        known, end = client.fetches.find(frame, version)
        if known is None or frame[end + 8 :] != known.suffix:
            return None
        (offset,) = _INT64.unpack_from(frame, end)
        read = self.read(known, offset)
        if read is None:
            return None
        place, found = read
        lacking = self.lacking(known, found)
        if lacking <= 0 or known.max_wait_ms <= 0:
            return self._told(known, place, found, correlation_id, client)
        if found is not None:
            return None  # more may never come to where it lies
        again = partial(self.straight, memoryview(bytes(frame)), version, correlation_id, client, self._broker)
        waiting = _Waiting(self, known, offset, lacking, place.log, again)
        return Parked(waiting, lambda: self._told_at_last(known, waiting, correlation_id, client))

    def read(self, known: KnownFetch, offset: int) -> Read | None:
        """What there is from `offset` on; None if there is more to tell than that."""
        broker, place = self._broker, known.place
        try:
            if place is None or not is_there(place, broker):
                place = known.place = find(broker, known.topic, known.partition)
            if place is None or known.current_leader_epoch not in (_NO_EPOCH, place.leader_epoch):
                return None
            log = place.log
            if known.committed and (log.last_stable_offset < log.high_watermark or log.last_abort >= offset):
                return None
            return place, log.read(offset, min(known.max_bytes, broker.config.fetch_max_bytes), at_least_one=True)
        except (Refused, OSError):  # the long way finds the words
            return None

    def lacking(self, known: KnownFetch, found: FileSlice | None) -> int:
        wanted = min(known.min_bytes, self._broker.config.fetch_max_bytes)
        return wanted if found is None else wanted - found.length

    def _told_at_last(
        self, known: KnownFetch, waiting: _Waiting, correlation_id: int, client: Client
    ) -> list[Any] | None:
        if waiting.answer is not None or waiting.found is None:
            return waiting.answer
        return self._told(known, *waiting.found, correlation_id, client)

    def _told(
        self, known: KnownFetch, place: Place, found: FileSlice | None, correlation_id: int, client: Client
    ) -> list[Any] | None:
        log, length = place.log, found.length if found else 0
        try:
            copied = found.read() if found and length <= _COPIED_BYTES else b""
        except OSError:
            return None
        if length <= _COPIED_BYTES and len(copied) < length:
            return None  # the file is shorter than it was: whoever sends it finds the words
        client.client_id = known.client_id
        counters = place.counters
        counters.fetch_requests += 1
        counters.bytes_out += length
        head = bytearray(known.head)
        if known.version >= _LOG_START_SINCE:
            _THREE.pack_into(head, known.offsets_at, log.high_watermark, log.last_stable_offset, log.log_start_offset)
        else:
            _TWO.pack_into(head, known.offsets_at, log.high_watermark, log.last_stable_offset)
        if FETCH.request.is_flexible(known.version):
            codec.write_uvarint(head, length + 1)
        else:
            head += _INT32.pack(length)
        _INT32.pack_into(head, 0, len(head) + length + len(known.tail) - 4)
        _INT32.pack_into(head, 4, correlation_id)
        if length <= _COPIED_BYTES:
            return [head + copied + known.tail]
        return [head, found, known.tail] if known.tail else [head, found]

    def learn(self, frame: memoryview, asked: Exchange, answer: list[Any], client: Client) -> None:
        """A consumer's request for one partition, that names no session, no replica and no epoch that it has read."""
        version, request = asked.version, asked.request
        if not _is_simple(version, request):
            return
        (topic,) = request.topics
        (partition,) = topic.partitions
        offset, partition.fetch_offset = partition.fetch_offset, _MARKS[0]
        marked = codec.encode(FETCH.request, version, request)
        partition.fetch_offset = offset
        start = len(frame) - len(marked)
        at = start + marked.find(_INT64.pack(_MARKS[0]))
        if bytes(frame[start:at]) + _INT64.pack(_MARKS[0]) + bytes(frame[at + 8 :]) != marked:
            return  # there is more in it than we know of
        aborted: list[Any] | None = [] if request.isolation_level == READ_COMMITTED else None
        head, tail = _around_records(version, topic, partition.partition, aborted)
        known = KnownFetch(
            version,
            topic.topic_id if version >= TOPIC_IDS_SINCE else topic.topic,
            partition.partition,
            partition.current_leader_epoch,
            request.max_wait_ms,
            min(request.min_bytes, request.max_bytes),
            min(request.max_bytes, partition.partition_max_bytes),
            client.client_id,
            request.isolation_level == READ_COMMITTED,
            bytes(frame[at + 8 :]),
            head,
            head.find(_INT64.pack(_MARKS[0])),
            tail,
        )
        if client.fetches is None:
            client.fetches = Prefixes()
        client.fetches.keep(frame, at, known)


def _is_simple(version: int, request: FetchRequest) -> bool:
    if len(request.topics) != 1 or len(request.topics[0].partitions) != 1 or request.forgotten_topics_data:
        return False
    partition = request.topics[0].partitions[0]
    return (
        request.isolation_level in (READ_UNCOMMITTED, READ_COMMITTED)
        and (version < 7 or request.session_epoch == FINAL_EPOCH)
        and (request.replica_state.replica_id if version >= 15 else request.replica_id) == _NO_REPLICA
        and partition.last_fetched_epoch == _NO_EPOCH
        and min(request.max_bytes, partition.partition_max_bytes) >= 0
    )


def _around_records(
    version: int, topic: FetchRequest.FetchTopic, partition: int, aborted: list[Any] | None
) -> tuple[bytes, bytes]:
    """The answer, marked, before the length of the records and behind them."""
    high_watermark, last_stable_offset, log_start_offset = _MARKS
    answer = _Partition(
        partition_index=partition,
        high_watermark=high_watermark,
        last_stable_offset=last_stable_offset,
        log_start_offset=log_start_offset,
        aborted_transactions=aborted,
        records=_MARKED,
    )
    told = FetchResponse.FetchableTopicResponse(topic=topic.topic, topic_id=topic.topic_id, partitions=[answer])
    header = FETCH.response_header_version(version)
    whole = bytes(4) + codec.encode(RESPONSE_HEADER, header, ResponseHeader(correlation_id=0))
    whole += codec.encode(FETCH.response, version, FetchResponse(responses=[told]))
    head, _, tail = whole.partition(_MARKED)
    return head[: -(1 if FETCH.request.is_flexible(version) else 4)], tail
