"""Records of `__consumer_offsets` that a classic group leaves: its metadata and its offsets."""

from ..messages import Message, NEVER
from ..structs import Struct, between, since, tagged
from ..types import Array, Bytes, Int32, Int64, Nullable, String, Uuid

LEGACY_OFFSET_COMMIT_KEY = Message("LegacyOffsetCommitKey", versions=(0, 0), flexible=NEVER, record_type=0, struct=Struct(
    "group"     / String,
    "topic"     / String,
    "partition" / Int32,
))
LegacyOffsetCommitKey = LEGACY_OFFSET_COMMIT_KEY.type

LEGACY_OFFSET_COMMIT_VALUE = Message("LegacyOffsetCommitValue", versions=(0, 0), flexible=NEVER, record_type=0, struct=Struct(
    "offset"           / Int64,
    "metadata"         / String,
    "commit_timestamp" / Int64,
))
LegacyOffsetCommitValue = LEGACY_OFFSET_COMMIT_VALUE.type

OFFSET_COMMIT_KEY = Message("OffsetCommitKey", versions=(0, 0), flexible=NEVER, record_type=1, struct=Struct(
    "group"     / String,
    "topic"     / String,
    "partition" / Int32,
))
OffsetCommitKey = OFFSET_COMMIT_KEY.type

OFFSET_COMMIT_VALUE = Message("OffsetCommitValue", versions=(0, 4), flexible=4, record_type=1, struct=Struct(
    "offset"           / Int64,
    "leader_epoch"     / since(3, Int32, default=-1),
    "metadata"         / String,
    "commit_timestamp" / Int64,
    "expire_timestamp" / between(1, 1, Int64, default=-1),
    "topic_id"         / tagged(0, since(4, Uuid)),
))
OffsetCommitValue = OFFSET_COMMIT_VALUE.type

GROUP_METADATA_KEY = Message("GroupMetadataKey", versions=(0, 0), flexible=NEVER, record_type=2, struct=Struct(
    "group" / String,
))
GroupMetadataKey = GROUP_METADATA_KEY.type

_MEMBER_METADATA = Struct("MemberMetadata",
    "member_id"         / String,
    "group_instance_id" / since(3, Nullable(String), default=None),
    "client_id"         / String,
    "client_host"       / String,
    "rebalance_timeout" / since(1, Int32, default=-1),
    "session_timeout"   / Int32,
    "subscription"      / Bytes,
    "assignment"        / Bytes,
)
GROUP_METADATA_VALUE = Message("GroupMetadataValue", versions=(0, 4), flexible=4, record_type=2, struct=Struct(
    "protocol_type"           / String,
    "generation"              / Int32,
    "protocol"                / Nullable(String),
    "leader"                  / Nullable(String),
    "current_state_timestamp" / since(2, Int64, default=-1),
    "members"                 / Array(_MEMBER_METADATA),
))
GroupMetadataValue = GROUP_METADATA_VALUE.type
