"""Every live API of Kafka 4.3, by key.  The broker imports only the ones it serves: this takes 150 ms."""

from .apis.add_offsets_to_txn import ADD_OFFSETS_TO_TXN
from .apis.add_partitions_to_txn import ADD_PARTITIONS_TO_TXN
from .apis.add_raft_voter import ADD_RAFT_VOTER
from .apis.allocate_producer_ids import ALLOCATE_PRODUCER_IDS
from .apis.alter_client_quotas import ALTER_CLIENT_QUOTAS
from .apis.alter_configs import ALTER_CONFIGS
from .apis.alter_partition import ALTER_PARTITION
from .apis.alter_partition_reassignments import ALTER_PARTITION_REASSIGNMENTS
from .apis.alter_replica_log_dirs import ALTER_REPLICA_LOG_DIRS
from .apis.alter_share_group_offsets import ALTER_SHARE_GROUP_OFFSETS
from .apis.alter_user_scram_credentials import ALTER_USER_SCRAM_CREDENTIALS
from .apis.api_versions import API_VERSIONS
from .apis.assign_replicas_to_dirs import ASSIGN_REPLICAS_TO_DIRS
from .apis.begin_quorum_epoch import BEGIN_QUORUM_EPOCH
from .apis.broker_heartbeat import BROKER_HEARTBEAT
from .apis.broker_registration import BROKER_REGISTRATION
from .apis.consumer_group_describe import CONSUMER_GROUP_DESCRIBE
from .apis.consumer_group_heartbeat import CONSUMER_GROUP_HEARTBEAT
from .apis.controller_registration import CONTROLLER_REGISTRATION
from .apis.create_acls import CREATE_ACLS
from .apis.create_delegation_token import CREATE_DELEGATION_TOKEN
from .apis.create_partitions import CREATE_PARTITIONS
from .apis.create_topics import CREATE_TOPICS
from .apis.delete_acls import DELETE_ACLS
from .apis.delete_groups import DELETE_GROUPS
from .apis.delete_records import DELETE_RECORDS
from .apis.delete_share_group_offsets import DELETE_SHARE_GROUP_OFFSETS
from .apis.delete_share_group_state import DELETE_SHARE_GROUP_STATE
from .apis.delete_topics import DELETE_TOPICS
from .apis.describe_acls import DESCRIBE_ACLS
from .apis.describe_client_quotas import DESCRIBE_CLIENT_QUOTAS
from .apis.describe_cluster import DESCRIBE_CLUSTER
from .apis.describe_configs import DESCRIBE_CONFIGS
from .apis.describe_delegation_token import DESCRIBE_DELEGATION_TOKEN
from .apis.describe_groups import DESCRIBE_GROUPS
from .apis.describe_log_dirs import DESCRIBE_LOG_DIRS
from .apis.describe_producers import DESCRIBE_PRODUCERS
from .apis.describe_quorum import DESCRIBE_QUORUM
from .apis.describe_share_group_offsets import DESCRIBE_SHARE_GROUP_OFFSETS
from .apis.describe_topic_partitions import DESCRIBE_TOPIC_PARTITIONS
from .apis.describe_transactions import DESCRIBE_TRANSACTIONS
from .apis.describe_user_scram_credentials import DESCRIBE_USER_SCRAM_CREDENTIALS
from .apis.elect_leaders import ELECT_LEADERS
from .apis.end_quorum_epoch import END_QUORUM_EPOCH
from .apis.end_txn import END_TXN
from .apis.envelope import ENVELOPE
from .apis.expire_delegation_token import EXPIRE_DELEGATION_TOKEN
from .apis.fetch import FETCH
from .apis.fetch_snapshot import FETCH_SNAPSHOT
from .apis.find_coordinator import FIND_COORDINATOR
from .apis.get_telemetry_subscriptions import GET_TELEMETRY_SUBSCRIPTIONS
from .apis.heartbeat import HEARTBEAT
from .apis.incremental_alter_configs import INCREMENTAL_ALTER_CONFIGS
from .apis.init_producer_id import INIT_PRODUCER_ID
from .apis.initialize_share_group_state import INITIALIZE_SHARE_GROUP_STATE
from .apis.join_group import JOIN_GROUP
from .apis.leave_group import LEAVE_GROUP
from .apis.list_config_resources import LIST_CONFIG_RESOURCES
from .apis.list_groups import LIST_GROUPS
from .apis.list_offsets import LIST_OFFSETS
from .apis.list_partition_reassignments import LIST_PARTITION_REASSIGNMENTS
from .apis.list_transactions import LIST_TRANSACTIONS
from .apis.metadata import METADATA
from .apis.offset_commit import OFFSET_COMMIT
from .apis.offset_delete import OFFSET_DELETE
from .apis.offset_fetch import OFFSET_FETCH
from .apis.offset_for_leader_epoch import OFFSET_FOR_LEADER_EPOCH
from .apis.produce import PRODUCE
from .apis.push_telemetry import PUSH_TELEMETRY
from .apis.read_share_group_state import READ_SHARE_GROUP_STATE
from .apis.read_share_group_state_summary import READ_SHARE_GROUP_STATE_SUMMARY
from .apis.remove_raft_voter import REMOVE_RAFT_VOTER
from .apis.renew_delegation_token import RENEW_DELEGATION_TOKEN
from .apis.sasl_authenticate import SASL_AUTHENTICATE
from .apis.sasl_handshake import SASL_HANDSHAKE
from .apis.share_acknowledge import SHARE_ACKNOWLEDGE
from .apis.share_fetch import SHARE_FETCH
from .apis.share_group_describe import SHARE_GROUP_DESCRIBE
from .apis.share_group_heartbeat import SHARE_GROUP_HEARTBEAT
from .apis.streams_group_describe import STREAMS_GROUP_DESCRIBE
from .apis.streams_group_heartbeat import STREAMS_GROUP_HEARTBEAT
from .apis.sync_group import SYNC_GROUP
from .apis.txn_offset_commit import TXN_OFFSET_COMMIT
from .apis.unregister_broker import UNREGISTER_BROKER
from .apis.update_features import UPDATE_FEATURES
from .apis.update_raft_voter import UPDATE_RAFT_VOTER
from .apis.vote import VOTE
from .apis.write_share_group_state import WRITE_SHARE_GROUP_STATE
from .apis.write_txn_markers import WRITE_TXN_MARKERS
from .messages import Api

APIS: dict[int, Api] = {api.key: api for api in (
    PRODUCE,
    FETCH,
    LIST_OFFSETS,
    METADATA,
    OFFSET_COMMIT,
    OFFSET_FETCH,
    FIND_COORDINATOR,
    JOIN_GROUP,
    HEARTBEAT,
    LEAVE_GROUP,
    SYNC_GROUP,
    DESCRIBE_GROUPS,
    LIST_GROUPS,
    SASL_HANDSHAKE,
    API_VERSIONS,
    CREATE_TOPICS,
    DELETE_TOPICS,
    DELETE_RECORDS,
    INIT_PRODUCER_ID,
    OFFSET_FOR_LEADER_EPOCH,
    ADD_PARTITIONS_TO_TXN,
    ADD_OFFSETS_TO_TXN,
    END_TXN,
    WRITE_TXN_MARKERS,
    TXN_OFFSET_COMMIT,
    DESCRIBE_ACLS,
    CREATE_ACLS,
    DELETE_ACLS,
    DESCRIBE_CONFIGS,
    ALTER_CONFIGS,
    ALTER_REPLICA_LOG_DIRS,
    DESCRIBE_LOG_DIRS,
    SASL_AUTHENTICATE,
    CREATE_PARTITIONS,
    CREATE_DELEGATION_TOKEN,
    RENEW_DELEGATION_TOKEN,
    EXPIRE_DELEGATION_TOKEN,
    DESCRIBE_DELEGATION_TOKEN,
    DELETE_GROUPS,
    ELECT_LEADERS,
    INCREMENTAL_ALTER_CONFIGS,
    ALTER_PARTITION_REASSIGNMENTS,
    LIST_PARTITION_REASSIGNMENTS,
    OFFSET_DELETE,
    DESCRIBE_CLIENT_QUOTAS,
    ALTER_CLIENT_QUOTAS,
    DESCRIBE_USER_SCRAM_CREDENTIALS,
    ALTER_USER_SCRAM_CREDENTIALS,
    VOTE,
    BEGIN_QUORUM_EPOCH,
    END_QUORUM_EPOCH,
    DESCRIBE_QUORUM,
    ALTER_PARTITION,
    UPDATE_FEATURES,
    ENVELOPE,
    FETCH_SNAPSHOT,
    DESCRIBE_CLUSTER,
    DESCRIBE_PRODUCERS,
    BROKER_REGISTRATION,
    BROKER_HEARTBEAT,
    UNREGISTER_BROKER,
    DESCRIBE_TRANSACTIONS,
    LIST_TRANSACTIONS,
    ALLOCATE_PRODUCER_IDS,
    CONSUMER_GROUP_HEARTBEAT,
    CONSUMER_GROUP_DESCRIBE,
    CONTROLLER_REGISTRATION,
    GET_TELEMETRY_SUBSCRIPTIONS,
    PUSH_TELEMETRY,
    ASSIGN_REPLICAS_TO_DIRS,
    LIST_CONFIG_RESOURCES,
    DESCRIBE_TOPIC_PARTITIONS,
    SHARE_GROUP_HEARTBEAT,
    SHARE_GROUP_DESCRIBE,
    SHARE_FETCH,
    SHARE_ACKNOWLEDGE,
    ADD_RAFT_VOTER,
    REMOVE_RAFT_VOTER,
    UPDATE_RAFT_VOTER,
    INITIALIZE_SHARE_GROUP_STATE,
    READ_SHARE_GROUP_STATE,
    WRITE_SHARE_GROUP_STATE,
    DELETE_SHARE_GROUP_STATE,
    READ_SHARE_GROUP_STATE_SUMMARY,
    STREAMS_GROUP_HEARTBEAT,
    STREAMS_GROUP_DESCRIBE,
    DESCRIBE_SHARE_GROUP_OFFSETS,
    ALTER_SHARE_GROUP_OFFSETS,
    DELETE_SHARE_GROUP_OFFSETS,
)}
