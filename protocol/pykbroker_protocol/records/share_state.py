"""Records of `__share_group_state`: what a share partition has delivered and acknowledged (KIP-932)."""

from ..messages import Message, NEVER
from ..structs import Struct, always, tagged
from ..types import Array, Int16, Int32, Int64, Int8, String, Uuid

SHARE_SNAPSHOT_KEY = Message("ShareSnapshotKey", versions=(0, 0), flexible=NEVER, record_type=0, struct=Struct(
    "group_id"  / String,
    "topic_id"  / Uuid,
    "partition" / Int32,
))
ShareSnapshotKey = SHARE_SNAPSHOT_KEY.type

SHARE_SNAPSHOT_VALUE = Message("ShareSnapshotValue", versions=(0, 0), flexible=0, record_type=0, struct=Struct(
    "snapshot_epoch"          / Int32,
    "state_epoch"             / Int32,
    "leader_epoch"            / Int32,
    "start_offset"            / Int64,
    "delivery_complete_count" / tagged(0, always(Int32, default=-1)),
    "create_timestamp"        / Int64,
    "write_timestamp"         / Int64,
    "state_batches"           / Array(Struct("StateBatch",
        "first_offset"   / Int64,
        "last_offset"    / Int64,
        "delivery_state" / Int8,
        "delivery_count" / Int16,
    )),
))
ShareSnapshotValue = SHARE_SNAPSHOT_VALUE.type

SHARE_UPDATE_KEY = Message("ShareUpdateKey", versions=(0, 0), flexible=NEVER, record_type=1, struct=Struct(
    "group_id"  / String,
    "topic_id"  / Uuid,
    "partition" / Int32,
))
ShareUpdateKey = SHARE_UPDATE_KEY.type

SHARE_UPDATE_VALUE = Message("ShareUpdateValue", versions=(0, 0), flexible=0, record_type=1, struct=Struct(
    "snapshot_epoch"          / Int32,
    "leader_epoch"            / Int32,
    "start_offset"            / Int64,
    "delivery_complete_count" / tagged(0, always(Int32, default=-1)),
    "state_batches"           / Array(Struct("StateBatch",
        "first_offset"   / Int64,
        "last_offset"    / Int64,
        "delivery_state" / Int8,
        "delivery_count" / Int16,
    )),
))
ShareUpdateValue = SHARE_UPDATE_VALUE.type
