"""Records of `__remote_log_metadata`: segments in tiered storage (KIP-405)."""

from ..messages import Message
from ..structs import Struct, always, tagged
from ..types import Array, Bool, Bytes, Int32, Int64, Int8, Nullable, String, Uuid

REMOTE_LOG_SEGMENT_METADATA_RECORD = Message("RemoteLogSegmentMetadataRecord", versions=(0, 0), flexible=0, record_type=0, struct=Struct(
    "remote_log_segment_id"    / Struct("RemoteLogSegmentIdEntry",
        "topic_id_partition" / Struct("TopicIdPartitionEntry",
            "name"      / String,
            "id"        / Uuid,
            "partition" / Int32,
        ),
        "id"                 / Uuid,
    ),
    "start_offset"             / Int64,
    "end_offset"               / Int64,
    "broker_id"                / Int32,
    "max_timestamp_ms"         / Int64,
    "event_timestamp_ms"       / Int64,
    "segment_leader_epochs"    / Array(Struct("SegmentLeaderEpochEntry",
        "leader_epoch" / Int32,
        "offset"       / Int64,
    )),
    "segment_size_in_bytes"    / Int32,
    "custom_metadata"          / always(Nullable(Bytes), default=None),
    "remote_log_segment_state" / Int8,
    "txn_index_empty"          / tagged(0, Bool),
))
RemoteLogSegmentMetadataRecord = REMOTE_LOG_SEGMENT_METADATA_RECORD.type

REMOTE_LOG_SEGMENT_METADATA_UPDATE_RECORD = Message("RemoteLogSegmentMetadataUpdateRecord", versions=(0, 0), flexible=0, record_type=1, struct=Struct(
    "remote_log_segment_id"    / Struct("RemoteLogSegmentIdEntry",
        "topic_id_partition" / Struct("TopicIdPartitionEntry",
            "name"      / String,
            "id"        / Uuid,
            "partition" / Int32,
        ),
        "id"                 / Uuid,
    ),
    "broker_id"                / Int32,
    "event_timestamp_ms"       / Int64,
    "custom_metadata"          / always(Nullable(Bytes), default=None),
    "remote_log_segment_state" / Int8,
))
RemoteLogSegmentMetadataUpdateRecord = REMOTE_LOG_SEGMENT_METADATA_UPDATE_RECORD.type

REMOTE_PARTITION_DELETE_METADATA_RECORD = Message("RemotePartitionDeleteMetadataRecord", versions=(0, 0), flexible=0, record_type=2, struct=Struct(
    "topic_id_partition"            / Struct("TopicIdPartitionEntry",
        "name"      / String,
        "id"        / Uuid,
        "partition" / Int32,
    ),
    "broker_id"                     / Int32,
    "event_timestamp_ms"            / Int64,
    "remote_partition_delete_state" / Int8,
))
RemotePartitionDeleteMetadataRecord = REMOTE_PARTITION_DELETE_METADATA_RECORD.type

REMOTE_LOG_SEGMENT_METADATA_SNAPSHOT_RECORD = Message("RemoteLogSegmentMetadataSnapshotRecord", versions=(0, 0), flexible=0, record_type=3, struct=Struct(
    "segment_id"               / Uuid,
    "start_offset"             / Int64,
    "end_offset"               / Int64,
    "broker_id"                / Int32,
    "max_timestamp_ms"         / Int64,
    "event_timestamp_ms"       / Int64,
    "segment_leader_epochs"    / Array(Struct("SegmentLeaderEpochEntry",
        "leader_epoch" / Int32,
        "offset"       / Int64,
    )),
    "segment_size_in_bytes"    / Int32,
    "custom_metadata"          / always(Nullable(Bytes), default=None),
    "remote_log_segment_state" / Int8,
    "txn_index_empty"          / tagged(0, Bool),
))
RemoteLogSegmentMetadataSnapshotRecord = REMOTE_LOG_SEGMENT_METADATA_SNAPSHOT_RECORD.type
