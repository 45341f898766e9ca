"""Metadata: the brokers, and the topics with their partitions and leaders."""

from ..messages import Api
from ..structs import Struct, between, since
from ..types import Array, Bool, Int16, Int32, Nullable, String, Uuid

METADATA = Api(
    key=3, name="Metadata", versions=(0, 13), flexible=9,
    request=Struct(
        "topics"                                / Nullable(Array(Struct("MetadataRequestTopic",
            "topic_id" / since(10, Uuid),
            "name"     / Nullable(String, since=10),
        )), since=1),
        "allow_auto_topic_creation"             / since(4, Bool, default=True),
        "include_cluster_authorized_operations" / between(8, 10, Bool),
        "include_topic_authorized_operations"   / since(8, Bool),
    ),
    response=Struct(
        "throttle_time_ms"              / since(3, Int32),
        "brokers"                       / Array(Struct("MetadataResponseBroker",
            "node_id" / Int32,
            "host"    / String,
            "port"    / Int32,
            "rack"    / since(1, Nullable(String), default=None),
        )),
        "cluster_id"                    / since(2, Nullable(String), default=None),
        "controller_id"                 / since(1, Int32, default=-1),
        "topics"                        / Array(Struct("MetadataResponseTopic",
            "error_code"                  / Int16,
            "name"                        / Nullable(String, since=12),
            "topic_id"                    / since(10, Uuid),
            "is_internal"                 / since(1, Bool),
            "partitions"                  / Array(Struct("MetadataResponsePartition",
                "error_code"       / Int16,
                "partition_index"  / Int32,
                "leader_id"        / Int32,
                "leader_epoch"     / since(7, Int32, default=-1),
                "replica_nodes"    / Array(Int32),
                "isr_nodes"        / Array(Int32),
                "offline_replicas" / since(5, Array(Int32)),
            )),
            "topic_authorized_operations" / since(8, Int32, default=-2147483648),
        )),
        "cluster_authorized_operations" / between(8, 10, Int32, default=-2147483648),
        "error_code"                    / since(13, Int16),
    ),
)
MetadataRequest, MetadataResponse = METADATA.types
