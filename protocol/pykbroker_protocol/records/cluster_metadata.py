"""Records of `__cluster_metadata`: the catalog, as KRaft writes it (KIP-500, KIP-631)."""

from ..messages import Message
from ..structs import Struct, always, since, tagged
from ..types import Array, Bool, Bytes, Float64, Int16, Int32, Int64, Int8, Nullable, String, Uint16, Uuid

REGISTER_BROKER_RECORD = Message("RegisterBrokerRecord", versions=(0, 4), flexible=0, record_type=0, struct=Struct(
    "broker_id"              / Int32,
    "is_migrating_zk_broker" / since(2, Bool),
    "incarnation_id"         / Uuid,
    "broker_epoch"           / Int64,
    "end_points"             / Array(Struct("BrokerEndpoint",
        "name"              / String,
        "host"              / String,
        "port"              / Uint16,
        "security_protocol" / Int16,
    )),
    "features"               / Array(Struct("BrokerFeature",
        "name"                  / String,
        "min_supported_version" / Int16,
        "max_supported_version" / Int16,
    )),
    "rack"                   / Nullable(String),
    "fenced"                 / always(Bool, default=True),
    "in_controlled_shutdown" / since(1, Bool),
    "log_dirs"               / tagged(0, since(3, Array(Uuid))),
    "cordoned_log_dirs"      / tagged(1, since(4, Nullable(Array(Uuid)), default=None)),
))
RegisterBrokerRecord = REGISTER_BROKER_RECORD.type

UNREGISTER_BROKER_RECORD = Message("UnregisterBrokerRecord", versions=(0, 0), flexible=0, record_type=1, struct=Struct(
    "broker_id"    / Int32,
    "broker_epoch" / Int64,
))
UnregisterBrokerRecord = UNREGISTER_BROKER_RECORD.type

TOPIC_RECORD = Message("TopicRecord", versions=(0, 0), flexible=0, record_type=2, struct=Struct(
    "name"     / String,
    "topic_id" / Uuid,
))
TopicRecord = TOPIC_RECORD.type

PARTITION_RECORD = Message("PartitionRecord", versions=(0, 2), flexible=0, record_type=3, struct=Struct(
    "partition_id"             / always(Int32, default=-1),
    "topic_id"                 / Uuid,
    "replicas"                 / Array(Int32),
    "isr"                      / Array(Int32),
    "removing_replicas"        / Array(Int32),
    "adding_replicas"          / Array(Int32),
    "leader"                   / always(Int32, default=-1),
    "leader_recovery_state"    / tagged(0, Int8),
    "leader_epoch"             / always(Int32, default=-1),
    "partition_epoch"          / always(Int32, default=-1),
    "directories"              / since(1, Array(Uuid)),
    "eligible_leader_replicas" / tagged(1, since(2, Nullable(Array(Int32)), default=None)),
    "last_known_elr"           / tagged(2, since(2, Nullable(Array(Int32)), default=None)),
))
PartitionRecord = PARTITION_RECORD.type

CONFIG_RECORD = Message("ConfigRecord", versions=(0, 0), flexible=0, record_type=4, struct=Struct(
    "resource_type" / Int8,
    "resource_name" / String,
    "name"          / String,
    "value"         / Nullable(String),
))
ConfigRecord = CONFIG_RECORD.type

PARTITION_CHANGE_RECORD = Message("PartitionChangeRecord", versions=(0, 2), flexible=0, record_type=5, struct=Struct(
    "partition_id"             / always(Int32, default=-1),
    "topic_id"                 / Uuid,
    "isr"                      / tagged(0, always(Nullable(Array(Int32)), default=None)),
    "leader"                   / tagged(1, always(Int32, default=-2)),
    "replicas"                 / tagged(2, always(Nullable(Array(Int32)), default=None)),
    "removing_replicas"        / tagged(3, always(Nullable(Array(Int32)), default=None)),
    "adding_replicas"          / tagged(4, always(Nullable(Array(Int32)), default=None)),
    "leader_recovery_state"    / tagged(5, always(Int8, default=-1)),
    "directories"              / tagged(8, since(1, Nullable(Array(Uuid)), default=None)),
    "eligible_leader_replicas" / tagged(6, since(2, Nullable(Array(Int32)), default=None)),
    "last_known_elr"           / tagged(7, since(2, Nullable(Array(Int32)), default=None)),
))
PartitionChangeRecord = PARTITION_CHANGE_RECORD.type

FENCE_BROKER_RECORD = Message("FenceBrokerRecord", versions=(0, 0), flexible=0, record_type=7, struct=Struct(
    "id"    / Int32,
    "epoch" / Int64,
))
FenceBrokerRecord = FENCE_BROKER_RECORD.type

UNFENCE_BROKER_RECORD = Message("UnfenceBrokerRecord", versions=(0, 0), flexible=0, record_type=8, struct=Struct(
    "id"    / Int32,
    "epoch" / Int64,
))
UnfenceBrokerRecord = UNFENCE_BROKER_RECORD.type

REMOVE_TOPIC_RECORD = Message("RemoveTopicRecord", versions=(0, 0), flexible=0, record_type=9, struct=Struct(
    "topic_id" / Uuid,
))
RemoveTopicRecord = REMOVE_TOPIC_RECORD.type

DELEGATION_TOKEN_RECORD = Message("DelegationTokenRecord", versions=(0, 0), flexible=0, record_type=10, struct=Struct(
    "owner"                / String,
    "requester"            / String,
    "renewers"             / Array(String),
    "issue_timestamp"      / Int64,
    "max_timestamp"        / Int64,
    "expiration_timestamp" / Int64,
    "token_id"             / String,
))
DelegationTokenRecord = DELEGATION_TOKEN_RECORD.type

USER_SCRAM_CREDENTIAL_RECORD = Message("UserScramCredentialRecord", versions=(0, 0), flexible=0, record_type=11, struct=Struct(
    "name"       / String,
    "mechanism"  / Int8,
    "salt"       / Bytes,
    "stored_key" / Bytes,
    "server_key" / Bytes,
    "iterations" / Int32,
))
UserScramCredentialRecord = USER_SCRAM_CREDENTIAL_RECORD.type

FEATURE_LEVEL_RECORD = Message("FeatureLevelRecord", versions=(0, 0), flexible=0, record_type=12, struct=Struct(
    "name"          / String,
    "feature_level" / Int16,
))
FeatureLevelRecord = FEATURE_LEVEL_RECORD.type

CLIENT_QUOTA_RECORD = Message("ClientQuotaRecord", versions=(0, 0), flexible=0, record_type=14, struct=Struct(
    "entity" / Array(Struct("EntityData",
        "entity_type" / String,
        "entity_name" / Nullable(String),
    )),
    "key"    / String,
    "value"  / Float64,
    "remove" / Bool,
))
ClientQuotaRecord = CLIENT_QUOTA_RECORD.type

PRODUCER_IDS_RECORD = Message("ProducerIdsRecord", versions=(0, 0), flexible=0, record_type=15, struct=Struct(
    "broker_id"        / Int32,
    "broker_epoch"     / always(Int64, default=-1),
    "next_producer_id" / Int64,
))
ProducerIdsRecord = PRODUCER_IDS_RECORD.type

BROKER_REGISTRATION_CHANGE_RECORD = Message("BrokerRegistrationChangeRecord", versions=(0, 3), flexible=0, record_type=17, struct=Struct(
    "broker_id"              / Int32,
    "broker_epoch"           / Int64,
    "fenced"                 / tagged(0, Int8),
    "in_controlled_shutdown" / tagged(1, since(1, Int8)),
    "log_dirs"               / tagged(2, since(2, Array(Uuid))),
    "cordoned_log_dirs"      / tagged(3, since(3, Nullable(Array(Uuid)), default=None)),
))
BrokerRegistrationChangeRecord = BROKER_REGISTRATION_CHANGE_RECORD.type

ACCESS_CONTROL_ENTRY_RECORD = Message("AccessControlEntryRecord", versions=(0, 0), flexible=0, record_type=18, struct=Struct(
    "id"              / Uuid,
    "resource_type"   / Int8,
    "resource_name"   / String,
    "pattern_type"    / Int8,
    "principal"       / String,
    "host"            / String,
    "operation"       / Int8,
    "permission_type" / Int8,
))
AccessControlEntryRecord = ACCESS_CONTROL_ENTRY_RECORD.type

REMOVE_ACCESS_CONTROL_ENTRY_RECORD = Message("RemoveAccessControlEntryRecord", versions=(0, 0), flexible=0, record_type=19, struct=Struct(
    "id" / Uuid,
))
RemoveAccessControlEntryRecord = REMOVE_ACCESS_CONTROL_ENTRY_RECORD.type

NO_OP_RECORD = Message("NoOpRecord", versions=(0, 0), flexible=0, record_type=20, struct=Struct())
NoOpRecord = NO_OP_RECORD.type

ZK_MIGRATION_STATE_RECORD = Message("ZkMigrationStateRecord", versions=(0, 0), flexible=0, record_type=21, struct=Struct(
    "zk_migration_state" / Int8,
))
ZkMigrationStateRecord = ZK_MIGRATION_STATE_RECORD.type

REMOVE_USER_SCRAM_CREDENTIAL_RECORD = Message("RemoveUserScramCredentialRecord", versions=(0, 0), flexible=0, record_type=22, struct=Struct(
    "name"      / String,
    "mechanism" / Int8,
))
RemoveUserScramCredentialRecord = REMOVE_USER_SCRAM_CREDENTIAL_RECORD.type

BEGIN_TRANSACTION_RECORD = Message("BeginTransactionRecord", versions=(0, 0), flexible=0, record_type=23, struct=Struct(
    "name" / tagged(0, always(Nullable(String), default=None)),
))
BeginTransactionRecord = BEGIN_TRANSACTION_RECORD.type

END_TRANSACTION_RECORD = Message("EndTransactionRecord", versions=(0, 0), flexible=0, record_type=24, struct=Struct())
EndTransactionRecord = END_TRANSACTION_RECORD.type

ABORT_TRANSACTION_RECORD = Message("AbortTransactionRecord", versions=(0, 0), flexible=0, record_type=25, struct=Struct(
    "reason" / tagged(0, always(Nullable(String), default=None)),
))
AbortTransactionRecord = ABORT_TRANSACTION_RECORD.type

REMOVE_DELEGATION_TOKEN_RECORD = Message("RemoveDelegationTokenRecord", versions=(0, 0), flexible=0, record_type=26, struct=Struct(
    "token_id" / String,
))
RemoveDelegationTokenRecord = REMOVE_DELEGATION_TOKEN_RECORD.type

REGISTER_CONTROLLER_RECORD = Message("RegisterControllerRecord", versions=(0, 0), flexible=0, record_type=27, struct=Struct(
    "controller_id"      / Int32,
    "incarnation_id"     / Uuid,
    "zk_migration_ready" / Bool,
    "end_points"         / Array(Struct("ControllerEndpoint",
        "name"              / String,
        "host"              / String,
        "port"              / Uint16,
        "security_protocol" / Int16,
    )),
    "features"           / Array(Struct("ControllerFeature",
        "name"                  / String,
        "min_supported_version" / Int16,
        "max_supported_version" / Int16,
    )),
))
RegisterControllerRecord = REGISTER_CONTROLLER_RECORD.type

CLEAR_ELR_RECORD = Message("ClearElrRecord", versions=(0, 0), flexible=0, record_type=28, struct=Struct(
    "topic_name" / String,
))
ClearElrRecord = CLEAR_ELR_RECORD.type
