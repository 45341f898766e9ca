"""Values of control records: transaction markers and what KRaft writes around its log."""

from ..messages import Message, NEVER
from ..structs import Struct, since
from ..types import Array, Int16, Int32, Int64, String, Uint16, Uuid

CONTROL_RECORD_TYPE_SCHEMA = Message("ControlRecordTypeSchema", versions=(0, 0), flexible=NEVER, struct=Struct(
    "type" / Int16,
))
ControlRecordTypeSchema = CONTROL_RECORD_TYPE_SCHEMA.type

END_TXN_MARKER = Message("EndTxnMarker", versions=(0, 0), flexible=NEVER, struct=Struct(
    "coordinator_epoch" / Int32,
))
EndTxnMarker = END_TXN_MARKER.type

_VOTER = Struct("Voter",
    "voter_id"           / Int32,
    "voter_directory_id" / since(1, Uuid),
)
LEADER_CHANGE_MESSAGE = Message("LeaderChangeMessage", versions=(0, 1), flexible=0, struct=Struct(
    "version"         / Int16,
    "leader_id"       / Int32,
    "voters"          / Array(_VOTER),
    "granting_voters" / Array(_VOTER),
))
LeaderChangeMessage = LEADER_CHANGE_MESSAGE.type

SNAPSHOT_HEADER_RECORD = Message("SnapshotHeaderRecord", versions=(0, 0), flexible=0, struct=Struct(
    "version"                      / Int16,
    "last_contained_log_timestamp" / Int64,
))
SnapshotHeaderRecord = SNAPSHOT_HEADER_RECORD.type

SNAPSHOT_FOOTER_RECORD = Message("SnapshotFooterRecord", versions=(0, 0), flexible=0, struct=Struct(
    "version" / Int16,
))
SnapshotFooterRecord = SNAPSHOT_FOOTER_RECORD.type

KRAFT_VERSION_RECORD = Message("KRaftVersionRecord", versions=(0, 0), flexible=0, struct=Struct(
    "version"       / Int16,
    "kraft_version" / Int16,
))
KRaftVersionRecord = KRAFT_VERSION_RECORD.type

VOTERS_RECORD = Message("VotersRecord", versions=(0, 0), flexible=0, struct=Struct(
    "version" / Int16,
    "voters"  / Array(Struct("Voter",
        "voter_id"              / Int32,
        "voter_directory_id"    / Uuid,
        "endpoints"             / Array(Struct("Endpoint",
            "name" / String,
            "host" / String,
            "port" / Uint16,
        )),
        "kraft_version_feature" / Struct("KRaftVersionFeature",
            "min_supported_version" / Int16,
            "max_supported_version" / Int16,
        ),
    )),
))
VotersRecord = VOTERS_RECORD.type
