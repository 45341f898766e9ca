"""Produce of one usual batch, again: a request that begins as an earlier one of its client did is not read anew.

What stands before the records is the same as it was, and so is the answer, in which only offsets change.  What is not
quite so, or not a usual batch (storage/usual.py), is read and answered as any other request.
"""

from __future__ import annotations

import struct
from typing import Any

from pykbroker_protocol.apis.produce import PRODUCE, ProduceRequest, ProduceResponse
from pykbroker_protocol.errors import Malformed, Refused

from pykbroker import codec
from pykbroker.runtime.later import Pledge, Promised
from pykbroker.storage import usual

from . import known as ways
from .broker import Broker
from .client import Client
from .known import KnownProduce
from .places import find, is_there
from .prefixes import Exchange, Prefixes

_TOPIC_IDS_SINCE = 13  # KIP-516
_NO_TAGS = b"\0\0\0"  # behind the records: of the partition, of the topic and of the request
_INT32, _INT64 = struct.Struct(">i"), struct.Struct(">q")
_BASE_OFFSET, _LOG_START_OFFSET = 0x7B1D_55C3_0F92_E8A6, 0x62E9_81F4_3C07_DB95  # found again in the bytes of an answer

_TopicAnswer = ProduceResponse.TopicProduceResponse
_PartitionAnswer = _TopicAnswer.PartitionProduceResponse


class UsualProduce:
    """The shortcut of Produce."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.straight = ways.produce

    def answer(
        self, frame: memoryview, version: int, correlation_id: int, client: Client
    ) -> list[Any] | Promised[Any] | None:
        if client.produces is None:
            return None
        known, end = client.produces.find(frame, version)
        batch = None if known is None else _records(frame, end, version)
        if known is None or batch is None:
            return None
        broker, place = self._broker, known.place
        try:
            if place is None or not is_there(place, broker):
                place = known.place = find(broker, known.topic, known.partition)
            if place is None or place.is_internal:
                return None
            put = usual.append(place.log, batch, place.leader_epoch, broker.clock.timestamp())
        except (Refused, OSError):  # the long way finds the words
            return None
        if put is None:
            return None
        base_offset, records = put
        client.client_id = known.client_id
        counters = place.counters
        counters.produce_requests += 1
        counters.messages_in += records
        counters.bytes_in += len(batch)
        answer = bytearray(known.answer)
        _INT32.pack_into(answer, 4, correlation_id)
        _INT64.pack_into(answer, known.base_offset_at, base_offset)
        if known.log_start_offset_at >= 0:
            _INT64.pack_into(answer, known.log_start_offset_at, place.log.log_start_offset)
        if not place.log.hold_from:
            return _promised(known, answer, correlation_id, broker.pledges_of(place.log))
        return [answer]

    def learn(self, frame: memoryview, asked: Exchange, answer: list[Any], client: Client) -> None:
        """A request with records for one partition that wants an answer."""
        request: ProduceRequest = asked.request
        version, topics, records = asked.version, request.topic_data, None
        if len(topics) == 1 and len(topics[0].partition_data) == 1 and request.transactional_id is None:
            records = topics[0].partition_data[0].records
        if records is None or request.acks not in (-1, 1):
            return
        (topic,), (partition,) = topics, topics[0].partition_data
        flexible = PRODUCE.request.is_flexible(version)
        end = len(frame) - len(records) - (len(_NO_TAGS) + _uvarint_bytes(len(records) + 1) if flexible else 4)
        if _records(frame, end, version) != records:
            return
        answered = _Answered(version, topic, partition.index)
        known = KnownProduce(
            version,
            topic.topic_id if version >= _TOPIC_IDS_SINCE else topic.name,
            partition.index,
            client.client_id,
            answered.bytes,
            answered.base_offset_at,
            answered.log_start_offset_at,
        )
        if client.produces is None:
            client.produces = Prefixes()
        client.produces.keep(frame, end, known)


def _promised(known: KnownProduce, answer: bytearray, correlation_id: int, pledges: list[Pledge]) -> Promised[Any]:
    """`answer`, or a refusal, when the log knows whether the records are on disk."""

    def finish() -> list[Any]:
        try:
            for pledge in pledges:
                pledge.check()
        except Refused as refused:
            partition = _PartitionAnswer(index=known.partition, error_code=refused.code, base_offset=-1)
            topic = _TopicAnswer(partition_responses=[partition])
            if isinstance(known.topic, bytes):
                topic.topic_id = known.topic
            else:
                topic.name = known.topic
            return [_whole(known.version, ProduceResponse(responses=[topic]), correlation_id)]
        return [answer]

    return Promised(pledges, finish)


def _whole(version: int, response: ProduceResponse, correlation_id: int = 0) -> bytearray:
    """The response as it leaves, with its size."""
    whole = bytearray(8 + PRODUCE.response_header_version(version)) + codec.encode(PRODUCE.response, version, response)
    _INT32.pack_into(whole, 0, len(whole) - 4)
    _INT32.pack_into(whole, 4, correlation_id)
    return whole


class _Answered:
    """The answer to a batch that went into the log, as bytes, and where in them the offsets stand."""

    def __init__(self, version: int, topic: ProduceRequest.TopicProduceData, partition: int) -> None:
        marked = _PartitionAnswer(index=partition, base_offset=_BASE_OFFSET, log_start_offset=_LOG_START_OFFSET)
        response = ProduceResponse(
            responses=[_TopicAnswer(name=topic.name, topic_id=topic.topic_id, partition_responses=[marked])]
        )
        whole = _whole(version, response)
        self.base_offset_at = whole.find(_INT64.pack(_BASE_OFFSET))
        self.log_start_offset_at = whole.find(_INT64.pack(_LOG_START_OFFSET))
        self.bytes = bytes(whole)


def _records(frame: memoryview, position: int, version: int) -> memoryview | None:
    """The records whose length stands at `position`, if they are all that follows."""
    try:
        if not PRODUCE.request.is_flexible(version):
            (length,) = _INT32.unpack_from(frame, position)
            return frame[position + 4 :] if length == len(frame) - position - 4 else None
        length, position = codec.read_uvarint(frame, position)
    except (IndexError, struct.error, Malformed):
        return None
    end = position + length - 1
    return frame[position:end] if frame[end:] == _NO_TAGS else None


def _uvarint_bytes(value: int) -> int:
    return max(1, (value.bit_length() + 6) // 7)
