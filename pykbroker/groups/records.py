"""Classic groups and offsets as the records of `__consumer_offsets`, byte for byte as Kafka 4.3 writes them.

A key is its record type as int16 and a version 0 message, a value its version as int16 and a message.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pykbroker_protocol.errors import Malformed
from pykbroker_protocol.messages import Message
from pykbroker_protocol.records.group_offsets import (
    GROUP_METADATA_KEY,
    GROUP_METADATA_VALUE,
    LEGACY_OFFSET_COMMIT_KEY,
    OFFSET_COMMIT_KEY,
    OFFSET_COMMIT_VALUE,
    GroupMetadataKey,
    GroupMetadataValue,
    OffsetCommitKey,
    OffsetCommitValue,
)

from pykbroker import codec

from .classic import ClassicGroup
from .members import Member
from .states import State

Record = tuple[bytes, bytes | None]
"""A key and a value; no value is a tombstone."""

# What metadata.version 4.3-IV0 has.  An offset that the client gave a retention needs its expire_timestamp, which only
# version 1 can hold.
_GROUP_METADATA_VERSION = 3
_OFFSET_COMMIT_VERSION = 4
_OFFSET_COMMIT_VERSION_THAT_EXPIRES = 1

_KEYS_AT_HAND = 1024  # a consumer commits the same few partitions again and again

_INT16 = struct.Struct(">h")
_KEYS = {message.record_type: message for message in (LEGACY_OFFSET_COMMIT_KEY, OFFSET_COMMIT_KEY, GROUP_METADATA_KEY)}


class Committed(NamedTuple):
    """A committed offset; metadata is the client's own text.  expire_timestamp is -1 unless a client of OffsetCommit
    v2-4 set a retention.  topic_id is zero where the record does not know it."""

    offset: int
    leader_epoch: int
    metadata: str
    commit_timestamp: int
    expire_timestamp: int
    topic_id: bytes


def group_record(group: ClassicGroup, assignments: Mapping[str, bytes]) -> Record:
    """The group with its members in this generation, `assignments` by member id; or, without members, emptied."""
    protocol = group.protocol_name
    value = GroupMetadataValue(
        protocol_type=group.protocol_type or "",
        generation=group.generation_id,
        protocol=protocol,
        leader=group.leader,
        current_state_timestamp=group.current_state_timestamp,
        members=[
            GroupMetadataValue.MemberMetadata(
                member_id=member.member_id,
                group_instance_id=member.group_instance_id,
                client_id=member.client_id,
                client_host=member.client_host,
                rebalance_timeout=member.rebalance_timeout_ms,
                session_timeout=member.session_timeout_ms,
                subscription=member.protocols[protocol],
                assignment=assignments[member.member_id],
            )
            for member in group.members.values()
            if protocol is not None
        ],
    )
    return _group_key(group.group_id), _value(GROUP_METADATA_VALUE, _GROUP_METADATA_VERSION, value)


def new_group_record(group_id: str, timestamp: int) -> Record:
    """A group that somebody has asked to join: it exists, and has had no generation yet."""
    value = GroupMetadataValue(protocol=None, leader=None, current_state_timestamp=timestamp)
    return _group_key(group_id), _value(GROUP_METADATA_VALUE, _GROUP_METADATA_VERSION, value)


def group_tombstone(group_id: str) -> Record:
    return _group_key(group_id), None


def offset_record(group_id: str, topic: str, partition: int, committed: Committed) -> Record:
    expires = committed.expire_timestamp != -1
    value = OffsetCommitValue(
        offset=committed.offset,
        leader_epoch=committed.leader_epoch,
        metadata=committed.metadata,
        commit_timestamp=committed.commit_timestamp,
        expire_timestamp=committed.expire_timestamp,
        topic_id=committed.topic_id,
    )
    version = _OFFSET_COMMIT_VERSION_THAT_EXPIRES if expires else _OFFSET_COMMIT_VERSION
    return _offset_key(group_id, topic, partition), _value(OFFSET_COMMIT_VALUE, version, value)


def offset_tombstone(group_id: str, topic: str, partition: int) -> Record:
    return _offset_key(group_id, topic, partition), None


@lru_cache(_KEYS_AT_HAND)
def read_key(key: bytes) -> Any:
    """A GroupMetadataKey, or an OffsetCommitKey of either kind; None for records of other kinds of groups.
    What is given is shared: nobody changes it.

    Raises:
        Malformed: it is no key of `__consumer_offsets`.
    """
    if len(key) < 2:
        raise Malformed(f"a key of {len(key)} bytes in __consumer_offsets")
    message = _KEYS.get(_INT16.unpack_from(key)[0])
    return None if message is None else codec.decode(message, 0, memoryview(key)[2:])


def read_group(value: bytes) -> Any:
    """The GroupMetadataValue.  Raises Malformed."""
    return _read_value(GROUP_METADATA_VALUE, value)


def read_offset(value: bytes) -> Committed:
    """Raises Malformed."""
    read = _read_value(OFFSET_COMMIT_VALUE, value)
    return Committed(
        read.offset, read.leader_epoch, read.metadata, read.commit_timestamp, read.expire_timestamp, read.topic_id
    )


def restored(group_id: str, value: Any) -> ClassicGroup:
    """The group that a GroupMetadataValue describes.  Its members support what they used then, and nothing else."""
    group = ClassicGroup(group_id, value.current_state_timestamp)
    group.protocol_type = value.protocol_type or None
    group.generation_id = value.generation
    group.protocol_name, group.leader = value.protocol, value.leader
    for recorded in value.members:
        timeout = recorded.session_timeout if recorded.rebalance_timeout == -1 else recorded.rebalance_timeout
        member = Member(
            recorded.member_id,
            group_instance_id=recorded.group_instance_id,
            client_id=recorded.client_id,
            client_host=recorded.client_host,
            rebalance_timeout_ms=timeout,
            session_timeout_ms=recorded.session_timeout,
            protocols={value.protocol: recorded.subscription},
            assignment=recorded.assignment,
        )
        group.add(member, value.protocol_type)
    if group.members:
        group.state = State.STABLE
    return group


def _group_key(group_id: str) -> bytes:
    return _key(GROUP_METADATA_KEY, GroupMetadataKey(group=group_id))


@lru_cache(_KEYS_AT_HAND)
def _offset_key(group_id: str, topic: str, partition: int) -> bytes:
    return _key(OFFSET_COMMIT_KEY, OffsetCommitKey(group=group_id, topic=topic, partition=partition))


def _key(message: Message, key: Any) -> bytes:
    assert message.record_type is not None
    return _INT16.pack(message.record_type) + codec.encode(message, 0, key)


def _value(message: Message, version: int, value: Any) -> bytes:
    return _INT16.pack(version) + codec.encode(message, version, value)


def _read_value(message: Message, value: bytes) -> Any:
    version = _INT16.unpack_from(value)[0] if len(value) >= 2 else -1
    low, high = message.versions
    if not low <= version <= high:
        raise Malformed(f"version {version} of {message.name} in __consumer_offsets: {low} to {high} are known")
    return codec.decode(message, version, memoryview(value)[2:])
