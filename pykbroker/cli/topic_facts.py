"""What brokers say of topics beside Metadata: how large their partitions are, and which configs are their own."""

from __future__ import annotations

from collections.abc import Sequence

from pykbroker_protocol.apis.describe_configs import DESCRIBE_CONFIGS, DescribeConfigsRequest
from pykbroker_protocol.apis.describe_log_dirs import DESCRIBE_LOG_DIRS, DescribeLogDirsRequest

from pykbroker.cli.cluster import Cluster, Partition

_TOPIC_RESOURCE, _SET_ON_THE_TOPIC = 2, 1


def sizes_of(cluster: Cluster, partitions: list[Partition]) -> dict[Partition, int]:
    """On each partition's leader; nothing from a broker that does not say."""
    of_topic = DescribeLogDirsRequest.DescribableLogDirTopic
    sizes: dict[Partition, int] = {}
    for leader, led in cluster.by_leader(partitions).items():
        connection = cluster.broker(leader)
        if not connection.serves(DESCRIBE_LOG_DIRS):
            continue
        asked: dict[str, list[int]] = {}
        for name, index in led:
            asked.setdefault(name, []).append(index)
        request = DescribeLogDirsRequest(topics=[of_topic(topic=n, partitions=p) for n, p in asked.items()])
        for directory in connection.ask(DESCRIBE_LOG_DIRS, request).results:
            for topic in directory.topics:
                for partition in topic.partitions:
                    if not partition.is_future_key:
                        sizes[topic.name, partition.partition_index] = partition.partition_size
    return sizes


def configs_of(cluster: Cluster, names: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """What was set on each topic itself."""
    resource = DescribeConfigsRequest.DescribeConfigsResource
    resources = [resource(resource_type=_TOPIC_RESOURCE, resource_name=name, configuration_keys=None) for name in names]
    if not cluster.first.serves(DESCRIBE_CONFIGS):
        return {}
    answer = cluster.first.ask(DESCRIBE_CONFIGS, DescribeConfigsRequest(resources=resources))
    return {
        result.resource_name: {c.name: c.value for c in result.configs if c.config_source == _SET_ON_THE_TOPIC}
        for result in answer.results
    }
