"""DescribeShareGroupOffsets: where share groups begin in partitions."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Int16, Int32, Int64, Nullable, String, Uuid

DESCRIBE_SHARE_GROUP_OFFSETS = Api(
    key=90, name="DescribeShareGroupOffsets", versions=(0, 1), flexible=0,
    request=Struct(
        "groups" / Array(Struct("DescribeShareGroupOffsetsRequestGroup",
            "group_id" / String,
            "topics"   / Nullable(Array(Struct("DescribeShareGroupOffsetsRequestTopic",
                "topic_name" / String,
                "partitions" / Array(Int32),
            ))),
        )),
    ),
    response=Struct(
        "throttle_time_ms" / Int32,
        "groups"           / Array(Struct("DescribeShareGroupOffsetsResponseGroup",
            "group_id"      / String,
            "topics"        / Array(Struct("DescribeShareGroupOffsetsResponseTopic",
                "topic_name" / String,
                "topic_id"   / Uuid,
                "partitions" / Array(Struct("DescribeShareGroupOffsetsResponsePartition",
                    "partition_index" / Int32,
                    "start_offset"    / Int64,
                    "leader_epoch"    / Int32,
                    "lag"             / since(1, Int64, default=-1),
                    "error_code"      / Int16,
                    "error_message"   / always(Nullable(String), default=None),
                )),
            )),
            "error_code"    / Int16,
            "error_message" / always(Nullable(String), default=None),
        )),
    ),
)
DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse = DESCRIBE_SHARE_GROUP_OFFSETS.types
