"""AlterPartition: a partition's leader changes its in-sync replicas."""

from ..messages import Api
from ..structs import Struct, always, since, until
from ..types import Array, Int16, Int32, Int64, Int8, Uuid

ALTER_PARTITION = Api(
    key=56, name="AlterPartition", versions=(2, 3), flexible=0,
    request=Struct(
        "broker_id"    / Int32,
        "broker_epoch" / always(Int64, default=-1),
        "topics"       / Array(Struct("TopicData",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionData",
                "partition_index"       / Int32,
                "leader_epoch"          / Int32,
                "new_isr"               / until(2, Array(Int32)),
                "new_isr_with_epochs"   / since(3, Array(Struct("BrokerState",
                    "broker_id"    / Int32,
                    "broker_epoch" / always(Int64, default=-1),
                ))),
                "leader_recovery_state" / Int8,
                "partition_epoch"       / Int32,
            )),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "error_code"       / Int16,
        "topics"           / Array(Struct("TopicData",
            "topic_id"   / Uuid,
            "partitions" / Array(Struct("PartitionData",
                "partition_index"       / Int32,
                "error_code"            / Int16,
                "leader_id"             / Int32,
                "leader_epoch"          / Int32,
                "isr"                   / Array(Int32),
                "leader_recovery_state" / Int8,
                "partition_epoch"       / Int32,
            )),
        )),
    ),
)
AlterPartitionRequest, AlterPartitionResponse = ALTER_PARTITION.types
