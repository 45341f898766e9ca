"""DescribeCluster: the cluster id, its controller and its brokers."""

from ..messages import Api
from ..structs import Struct, always, since
from ..types import Array, Bool, Int16, Int32, Int8, Nullable, String

DESCRIBE_CLUSTER = Api(
    key=60, name="DescribeCluster", versions=(0, 2), flexible=0,
    request=Struct(
        "include_cluster_authorized_operations" / Bool,
        "endpoint_type"                         / since(1, Int8, default=1),
        "include_fenced_brokers"                / since(2, Bool),
    ),
    response=Struct(
        "throttle_time_ms"              / Int32,
        "error_code"                    / Int16,
        "error_message"                 / always(Nullable(String), default=None),
        "endpoint_type"                 / since(1, Int8, default=1),
        "cluster_id"                    / String,
        "controller_id"                 / always(Int32, default=-1),
        "brokers"                       / Array(Struct("DescribeClusterBroker",
            "broker_id" / Int32,
            "host"      / String,
            "port"      / Int32,
            "rack"      / always(Nullable(String), default=None),
            "is_fenced" / since(2, Bool),
        )),
        "cluster_authorized_operations" / always(Int32, default=-2147483648),
    ),
)
DescribeClusterRequest, DescribeClusterResponse = DESCRIBE_CLUSTER.types
