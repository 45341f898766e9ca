"""OffsetCommit, again: a request that differs from an earlier one of its client in nothing but its offsets.

Its records differ in these and in the time, and its answer does not differ at all.  Whether the client may commit is
asked anew each time.
"""

from __future__ import annotations

import struct
from typing import Any

from pykbroker_protocol.apis.offset_commit import OFFSET_COMMIT, OffsetCommitRequest
from pykbroker_protocol.errors import Refused

from pykbroker import codec
from pykbroker.groups.placement import partition_for
from pykbroker.groups.records import Committed, offset_record
from pykbroker.storage.prepared import SLOT, PreparedBatch
from pykbroker.storage.records import Record
from pykbroker.topics import names

from . import known as ways
from .broker import Broker
from .client import Client
from .known import KnownCommit
from .places import Place, find, is_there
from .prefixes import Exchange, Prefixes

_INT32, _INT64 = struct.Struct(">i"), struct.Struct(">q")
_MARK = _INT64.pack(SLOT)
_NO_RETENTION = -1  # of its own: otherwise the time at which it ends stands in the record
_MOST_BYTES = 2048  # of a frame: what is kept of it takes some ten times as much
_MOST_TIMES_LEARNT = 8  # what differs in more than its offsets each time is not worth it


class UsualCommit:
    """The shortcut of OffsetCommit."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.straight = ways.commit

    def answer(self, frame: memoryview, version: int, correlation_id: int, client: Client) -> list[Any] | None:
        if client.commits is None:
            return None
        known, end = client.commits.find(frame, version)
        offsets = None if known is None else _offsets(frame, end, known.behind)
        if known is None or offsets is None or not self._commit(known, offsets):
            return None
        client.client_id = known.client_id
        answer = bytearray(known.answer)
        _INT32.pack_into(answer, 4, correlation_id)
        return [answer]

    def _commit(self, known: KnownCommit, offsets: list[int]) -> bool:
        broker, request, place = self._broker, known.request, known.place
        try:
            if place is None or not is_there(place, broker):
                place = known.place = self._place(request)
            if place is None or not broker.groups.look(broker.groups.machine.may_commit, request, known.version):
                return False
            timestamp, epoch = broker.clock.timestamp(), place.leader_epoch
            numbers = [number for offset in offsets for number in (offset, timestamp)]
            if not known.batch.append(place.log, numbers, leader_epoch=epoch, timestamp_ms=timestamp):
                return False
        except (Refused, OSError):  # the long way finds the words
            return False
        for offset, (topic_name, index, before) in zip(offsets, known.committed, strict=True):
            _, leader_epoch, metadata, _, expires, topic_id = before
            committed = Committed(offset, leader_epoch, metadata, timestamp, expires, topic_id)
            broker.groups.machine.replay_offset(request.group_id, topic_name, index, committed)
        return True

    def _place(self, request: OffsetCommitRequest) -> Place | None:
        """Where the group's offsets lie, if all topics of the request are there."""
        topics = self._broker.catalog.topics
        for topic in request.topics:
            there = topics.get(topic.name)
            if there is None or there.topic_id != topic.topic_id:
                return None
        groups_topic = topics.get(names.GROUP_METADATA)
        if groups_topic is None:
            return None
        return find(self._broker, groups_topic.name, partition_for(request.group_id, groups_topic.partitions))

    def learn(self, frame: memoryview, asked: Exchange, answer: list[Any], client: Client) -> None:
        """A commit of which nothing was refused."""
        version, request = asked.version, asked.request
        partitions = [partition for topic in asked.response.topics for partition in topic.partitions]
        if (
            not partitions
            or any(partition.error_code for partition in partitions)
            or len(frame) > _MOST_BYTES
            or request.retention_time_ms != _NO_RETENTION
        ):
            return
        earlier = client.commits.find(frame, version)[0] if client.commits else None
        times_learnt = earlier.times_learnt + 1 if earlier else 1
        if times_learnt > _MOST_TIMES_LEARNT:
            return
        committed = _committed(request)
        found = _split(frame, version, request)
        if found is None:
            return
        end, behind = found
        records = [Record(*offset_record(request.group_id, topic, index, values)) for topic, index, values in committed]
        batch, whole = PreparedBatch(records), bytes(answer[0])
        known = KnownCommit(version, client.client_id, request, behind, committed, batch, whole, times_learnt)
        if client.commits is None:
            client.commits = Prefixes()
        client.commits.keep(frame, end, known)


def _offsets(frame: memoryview, position: int, behind: list[bytes]) -> list[int] | None:
    """The offsets, the first of which stands at `position`; None if what stands behind one differs."""
    offsets = []
    try:
        for same in behind:
            offsets.append(_INT64.unpack_from(frame, position)[0])
            position += _INT64.size + len(same)
            if frame[position - len(same) : position] != same:
                return None
    except struct.error:
        return None
    return offsets if position == len(frame) else None


def _committed(request: OffsetCommitRequest) -> list[tuple[str, int, Committed]]:
    """(topic, partition, what is committed) in the order of the request; SLOT stands for offset and time."""
    return [
        (
            topic.name,
            partition.partition_index,
            Committed(
                SLOT, partition.committed_leader_epoch, partition.committed_metadata or "", SLOT, -1, topic.topic_id
            ),
        )
        for topic in request.topics
        for partition in topic.partitions
    ]


def _split(frame: memoryview, version: int, request: OffsetCommitRequest) -> tuple[int, list[bytes]] | None:
    """Where the first offset stands in `frame`, and what stands behind each; None if there is more than we know of."""
    partitions = [partition for topic in request.topics for partition in topic.partitions]
    offsets = [partition.committed_offset for partition in partitions]
    for partition in partitions:
        partition.committed_offset = SLOT
    marked = codec.encode(OFFSET_COMMIT.request, version, request)
    for partition, offset in zip(partitions, offsets, strict=True):
        partition.committed_offset = offset
    head, *behind = marked.split(_MARK)
    start = len(frame) - len(marked)
    end = start + len(head)
    if start < 0 or frame[start:end] != head or _offsets(frame, end, behind) != offsets:
        return None
    return end, behind
