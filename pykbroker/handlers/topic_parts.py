"""What Metadata tells of topics, as bytes: all that is not a topic's own name and id is written once for many of them.

Most topics look alike: as many partitions, in their first epoch.  So an answer about thousands costs little more than
joining names and ids, however often topics come and go.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from pykbroker_protocol.apis.metadata import METADATA, MetadataResponse

from pykbroker import codec
from pykbroker.topics.catalog import Topic

TopicAnswer = MetadataResponse.MetadataResponseTopic
_Partition = TopicAnswer.MetadataResponsePartition

_LOOKS_AT_HAND = 64
_NAME, _TOPIC_ID = "a-topic-with-a-name-of-its-own", b"\x91\xe4\x5d\x0a\xc6\x38\x7f\xb2\xfe\x0b\x8d\x13\x5e\xd2\x66\xff"
_NAME_LENGTH = struct.Struct(">h")


class Look(NamedTuple):
    """What stands before a topic's name, between name and id, and behind the id; there may be no id."""

    head: bytes
    between: bytes
    has_id: bool
    tail: bytes


def encoded(topics: Collection[Topic], version: int, operations: int, node_id: int) -> codec.Encoded:
    """The `topics` of a MetadataResponse, with these authorized operations of each."""
    out, compact = bytearray(), METADATA.response.is_flexible(version)
    for topic in topics:
        look = _look(version, operations, node_id, topic.is_internal, topic.leader_epochs.tobytes())
        name = topic.name.encode()
        out += look.head
        if compact:
            codec.write_uvarint(out, len(name) + 1)
        else:
            out += _NAME_LENGTH.pack(len(name))
        out += name
        out += look.between
        if look.has_id:
            out += topic.topic_id
        out += look.tail
    return codec.Encoded(len(topics), bytes(out))


@lru_cache(_LOOKS_AT_HAND)
def _look(version: int, operations: int, node_id: int, is_internal: bool, leader_epochs: bytes) -> Look:
    answer = topic_answer(Topic(_NAME, _TOPIC_ID, array("i", leader_epochs)), operations, node_id)
    answer.is_internal = is_internal
    data = codec.encode_items(METADATA.response, ("topics",), version, [answer]).data
    head, _, rest = data.partition(_NAME.encode())
    between, topic_id, tail = rest.partition(_TOPIC_ID)
    length_bytes = 1 if METADATA.response.is_flexible(version) else _NAME_LENGTH.size
    if not topic_id:
        between, tail = b"", rest
    return Look(head[:-length_bytes], between, bool(topic_id), tail)


def topic_answer(topic: Topic, operations: int, node_id: int) -> TopicAnswer:
    """One broker has, leads and is in sync with every partition."""
    node = [node_id]
    return TopicAnswer(
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=topic.is_internal,
        partitions=[
            _Partition(
                partition_index=partition,
                leader_id=node_id,
                leader_epoch=leader_epoch,
                replica_nodes=node,
                isr_nodes=node,
            )
            for partition, leader_epoch in enumerate(topic.leader_epochs)
        ],
        topic_authorized_operations=operations,
    )
