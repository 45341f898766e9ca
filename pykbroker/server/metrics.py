"""What a scrape is told of the broker: Prometheus' text format, under the names that the usual dashboards ask for.

They are those of kafka_exporter, and of the JMX exporter with Strimzi's rules; docs/metrics.md lists them.  Nothing is
opened for a scrape and no partition's file is looked at: an offset that is not known yet is left out.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from pykbroker.handlers.broker import Broker
from pykbroker.server.answering import Answering
from pykbroker.server.connection import Connection
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.topics.catalog import Topic

# Some 0.3 ms of work, and 40 KB.
_LINES_A_PIECE = 500
_STARTED_AT_S = time.time()  # this module is loaded at start, when there is a listener

Sample = tuple[str, int | float]
"""Labels as they are written, "" for none, and the value."""


class Family(NamedTuple):
    """All samples of one name, which the format wants together."""

    name: str
    kind: str
    help: str
    samples: Callable[[Scrape], Iterable[Sample]]


class Exposition:
    """Every scrape's text."""

    def __init__(
        self,
        broker: Broker,
        answering: Answering,
        connections: Collection[Connection],
        idle_share: Callable[[], float],
    ) -> None:
        """idle_share: of the broker's thread, since it was asked last."""
        self._broker = broker
        self._answering = answering
        self._connections = connections
        self._idle_share = idle_share

    def pieces(self) -> Iterator[str]:
        """The text anew, some lines at a time; between two of them the broker may change."""
        scrape = Scrape(self._broker, self._answering, self._connections, self._idle_share())
        lines = (line for family in FAMILIES for line in _lines(family, scrape))
        while piece := "".join(islice(lines, _LINES_A_PIECE)):
            yield piece


class Scrape:
    """What one scrape looks at.  What exists is settled when it begins; how it stands is looked up line by line."""

    def __init__(
        self, broker: Broker, answering: Answering, connections: Collection[Connection], idle_share: float
    ) -> None:
        self.broker = broker
        self.idle_share = round(idle_share, 4)
        self.data = broker.data
        self.groups = broker.groups.machine
        self.topics = list(broker.catalog.topics.values())
        self.partition_count = sum(topic.partitions for topic in self.topics)
        self.open_logs = list(broker.data.open_logs())
        self.offline_logs = sum(bool(log.broken) for log in self.open_logs)
        self.group_ids = self.groups.group_ids()
        self.requests = answering.requests()
        self.connections = Counter(connection.client.listener_name for connection in connections)

    def committed(self) -> Iterator[tuple[str, str, list[tuple[int, int]]]]:
        """(group id, topic, [(partition, offset)...]) of whatever was committed."""
        for group_id in self.group_ids:
            for topic, partitions in list(self.groups.committed(group_id).items()):
                yield group_id, topic, [(index, committed.offset) for index, committed in list(partitions.items())]

    def lag(self, topic: str, partition: int, offset: int) -> int | None:
        end_offset = self.data.end_offset(topic, partition)
        return None if end_offset is None else end_offset - offset


def _lines(family: Family, scrape: Scrape) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
    for labels, value in family.samples(scrape):
        yield f"{family.name}{labels} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


# What a value is of.  Names of topics need no escaping; those of groups are whatever clients say.


def _gauge(name: str, text: str, value: Callable[[Scrape], int | float]) -> Family:
    return Family(name, "gauge", text, lambda scrape: [("", value(scrape))])


def _of_topics(name: str, text: str, value: Callable[[Topic], int]) -> Family:
    return Family(
        name,
        "gauge",
        text,
        lambda scrape: ((f'{{topic="{topic.name}"}}', value(topic)) for topic in scrape.topics),
    )


def _of_partitions(name: str, text: str, value: Callable[[Scrape, str, int], int | None]) -> Family:
    def samples(scrape: Scrape) -> Iterator[Sample]:
        for topic in scrape.topics:
            for partition in range(topic.partitions):
                number = value(scrape, topic.name, partition)
                if number is not None:
                    yield f'{{topic="{topic.name}",partition="{partition}"}}', number

    return Family(name, "gauge", text, samples)


def _of_open_logs(name: str, text: str, value: Callable[[PartitionLog], int]) -> Family:
    return Family(
        name,
        "gauge",
        text,
        lambda scrape: (
            (f'{{topic="{log.topic}",partition="{log.partition}"}}', value(log)) for log in scrape.open_logs
        ),
    )


def _counter(name: str, text: str, attribute: str) -> Family:
    """A topic's counter, and first the sum without a label, as in Kafka."""

    def samples(scrape: Scrape) -> Iterator[Sample]:
        counters = scrape.broker.counters
        yield "", counters.total(attribute)
        for topic, of_topic in list(counters.items()):
            yield f'{{topic="{topic}"}}', getattr(of_topic, attribute)

    return Family(f"kafka_server_brokertopicmetrics_{name}_total", "counter", text, samples)


# What takes more than an expression.


def _broker_info(scrape: Scrape) -> Iterator[Sample]:
    for host, port in scrape.broker.endpoints.values():
        yield f'{{id="{scrape.broker.node_id}",address="{_escaped(host)}:{port}"}}', 1


def _group_partitions(value: Callable[[Scrape, str, int, int], int | None]) -> Callable[[Scrape], Iterator[Sample]]:
    def samples(scrape: Scrape) -> Iterator[Sample]:
        for group_id, topic, offsets in scrape.committed():
            group = _escaped(group_id)
            for partition, offset in offsets:
                number = value(scrape, topic, partition, offset)
                if number is not None:
                    yield f'{{consumergroup="{group}",topic="{topic}",partition="{partition}"}}', number

    return samples


def _offset_sums(scrape: Scrape) -> Iterator[Sample]:
    for group_id, topic, offsets in scrape.committed():
        yield f'{{consumergroup="{_escaped(group_id)}",topic="{topic}"}}', sum(offset for _, offset in offsets)


def _lag_sums(scrape: Scrape) -> Iterator[Sample]:
    for group_id, topic, offsets in scrape.committed():
        lags = [scrape.lag(topic, partition, offset) for partition, offset in offsets]
        known = [lag for lag in lags if lag is not None]
        if known:
            yield f'{{consumergroup="{_escaped(group_id)}",topic="{topic}"}}', sum(known)


def _members(scrape: Scrape) -> Iterator[Sample]:
    for group_id in scrape.group_ids:
        yield f'{{consumergroup="{_escaped(group_id)}"}}', scrape.groups.member_count(group_id)


def _requests(scrape: Scrape) -> Iterator[Sample]:
    for name, version, count in scrape.requests:
        yield f'{{request="{name}",version="{version}"}}', count
        if name == "Fetch":  # nobody but consumers fetches from the only broker
            yield f'{{request="FetchConsumer",version="{version}"}}', count


def _connections(scrape: Scrape) -> Iterator[Sample]:
    for listener in scrape.broker.endpoints:
        yield f'{{listener="{listener}",networkProcessor="0"}}', scrape.connections[listener]


def _resident_bytes(scrape: Scrape) -> Iterator[Sample]:
    with contextlib.suppress(OSError), open("/proc/self/statm", "rb") as statm:
        yield "", int(statm.read().split()[1]) * resource.getpagesize()


def _disk_bytes(key: bytes) -> Callable[[Scrape], Iterator[Sample]]:
    def samples(scrape: Scrape) -> Iterator[Sample]:
        with contextlib.suppress(OSError), open("/proc/self/io", "rb") as counters:
            for line in counters:
                if line.startswith(key):
                    yield "", int(line.split()[1])

    return samples


def _open_fds(scrape: Scrape) -> Iterator[Sample]:
    with contextlib.suppress(OSError):
        yield "", len(os.listdir("/proc/self/fd" if sys.platform == "linux" else "/dev/fd"))


FAMILIES: list[Family] = [
    # kafka_exporter's
    _gauge("kafka_brokers", "Brokers in the cluster.", lambda scrape: 1),
    Family("kafka_broker_info", "gauge", "A broker's id, and where clients are told to connect.", _broker_info),
    _of_topics("kafka_topic_partitions", "Partitions of a topic.", lambda topic: topic.partitions),
    _of_partitions(
        "kafka_topic_partition_current_offset",
        "Where a partition ends: the offset of the next record.",
        lambda scrape, topic, partition: scrape.data.end_offset(topic, partition),
    ),
    _of_partitions(
        "kafka_topic_partition_oldest_offset",
        "Where a partition starts: the offset of its first record.",
        lambda scrape, topic, partition: scrape.data.start_offset(topic, partition),
    ),
    _of_partitions(
        "kafka_topic_partition_leader", "The leader's id.", lambda scrape, topic, partition: scrape.broker.node_id
    ),
    _of_partitions("kafka_topic_partition_leader_is_preferred", "1 if it is preferred.", lambda scrape, *where: 1),
    _of_partitions("kafka_topic_partition_replicas", "Replicas of a partition.", lambda scrape, *where: 1),
    _of_partitions("kafka_topic_partition_in_sync_replica", "Replicas in sync.", lambda scrape, *where: 1),
    _of_partitions(
        "kafka_topic_partition_under_replicated_partition", "1 if one lags behind.", lambda scrape, *where: 0
    ),
    Family(
        "kafka_consumergroup_current_offset",
        "gauge",
        "What a group has committed of a partition.",
        _group_partitions(lambda scrape, topic, partition, offset: offset),
    ),
    Family("kafka_consumergroup_current_offset_sum", "gauge", "That, of all of a topic.", _offset_sums),
    Family(
        "kafka_consumergroup_lag",
        "gauge",
        "Records of a partition that a group has not committed yet.",
        _group_partitions(lambda scrape, topic, partition, offset: scrape.lag(topic, partition, offset)),
    ),
    Family("kafka_consumergroup_lag_sum", "gauge", "That, of all of a topic.", _lag_sums),
    Family("kafka_consumergroup_members", "gauge", "Members of a group.", _members),
    # Kafka's own, as Strimzi's rules name them
    _counter("messagesin", "Records that producers wrote.", "messages_in"),
    _counter("bytesin", "Bytes that producers wrote.", "bytes_in"),
    _counter("bytesout", "Bytes that consumers were sent.", "bytes_out"),
    _counter("bytesrejected", "Bytes that were refused for their size.", "bytes_rejected"),
    _counter("totalproducerequests", "Partitions in Produce requests.", "produce_requests"),
    _counter("failedproducerequests", "Those that failed unexpectedly.", "failed_produce_requests"),
    _counter("totalfetchrequests", "Partitions read for Fetch requests.", "fetch_requests"),
    _counter("failedfetchrequests", "Those that failed unexpectedly.", "failed_fetch_requests"),
    Family("kafka_network_requestmetrics_requests_total", "counter", "Requests by API and version.", _requests),
    Family("kafka_server_socket_server_metrics_connection_count", "gauge", "Clients' connections.", _connections),
    _gauge("kafka_server_kafkaserver_brokerstate", "3: running.", lambda scrape: 3),
    _gauge("kafka_server_replicamanager_partitioncount", "Partitions here.", lambda scrape: scrape.partition_count),
    _gauge("kafka_server_replicamanager_leadercount", "Of them, led here.", lambda scrape: scrape.partition_count),
    _gauge(
        "kafka_server_replicamanager_underreplicatedpartitions", "Partitions, one replica behind.", lambda scrape: 0
    ),
    _gauge("kafka_server_replicamanager_underminisrpartitioncount", "Partitions below min ISR.", lambda scrape: 0),
    _gauge("kafka_controller_kafkacontroller_activecontrollercount", "1: it is here.", lambda scrape: 1),
    _gauge("kafka_controller_kafkacontroller_activebrokercount", "Brokers that serve.", lambda scrape: 1),
    _gauge("kafka_controller_kafkacontroller_fencedbrokercount", "Brokers that are shut out.", lambda scrape: 0),
    _gauge("kafka_controller_kafkacontroller_globaltopiccount", "Topics.", lambda scrape: len(scrape.topics)),
    _gauge(
        "kafka_controller_kafkacontroller_globalpartitioncount", "Partitions.", lambda scrape: scrape.partition_count
    ),
    _gauge(
        "kafka_controller_kafkacontroller_offlinepartitionscount",
        "Partitions that take no writes after an error of the disk.",
        lambda scrape: scrape.offline_logs,
    ),
    _gauge(
        "kafka_log_logmanager_offlinelogdirectorycount",
        "1 if there are such partitions.",
        lambda scrape: int(scrape.offline_logs > 0),
    ),
    _gauge(
        "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent",
        "Part of the time in which the broker's thread had nothing to do, from 0 to 1.",
        lambda scrape: scrape.idle_share,
    ),
    _gauge(
        "kafka_network_socketserver_networkprocessoravgidle_percent",
        "The same: one thread does both.",
        lambda scrape: scrape.idle_share,
    ),
    Family(
        "kafka_server_kafkaserver_linux_disk_read_bytes",
        "gauge",
        "Bytes that the process had the disk read.",
        _disk_bytes(b"read_bytes:"),
    ),
    Family(
        "kafka_server_kafkaserver_linux_disk_write_bytes",
        "gauge",
        "Bytes that the process had the disk write.",
        _disk_bytes(b"write_bytes:"),
    ),
    _gauge("kafka_controller_kafkacontroller_preferredreplicaimbalancecount", "Leaders misplaced.", lambda scrape: 0),
    Family(
        "kafka_controller_controllerstats_uncleanleaderelections_total", "counter", "None.", lambda scrape: [("", 0)]
    ),
    _of_partitions("kafka_cluster_partition_underminisr", "1 if below min ISR.", lambda scrape, *where: 0),
    # With one replica every partition is at its minimum, as on a single Kafka broker.
    _of_partitions("kafka_cluster_partition_atminisr", "1 if exactly at min ISR.", lambda scrape, *where: 1),
    _of_open_logs("kafka_log_log_size", "Bytes of a partition's segments.", lambda log: log.size_bytes),
    _of_open_logs("kafka_log_log_numlogsegments", "A partition's segments.", lambda log: len(log.segments)),
    _of_open_logs("kafka_log_log_logstartoffset", "Where a log starts.", lambda log: log.log_start_offset),
    _of_open_logs("kafka_log_log_logendoffset", "Where a log ends.", lambda log: log.log_end_offset),
    Family(
        "kafka_server_raftmetrics_current_state",
        "untyped",
        "What this broker is to the catalog.",
        lambda scrape: [('{current_state="leader"}', 1)],
    ),
    _gauge("kafka_server_raftmetrics_current_vote", "For whom it voted.", lambda scrape: scrape.broker.node_id),
    _gauge("kafka_server_raftmetrics_current_leader", "The catalog's leader.", lambda scrape: scrape.broker.node_id),
    _gauge("kafka_server_raftmetrics_current_epoch", "Its epoch.", lambda scrape: scrape.broker.catalog_epoch),
    _gauge(
        "kafka_server_raftmetrics_high_watermark",
        "Where the catalog is safe.",
        lambda scrape: scrape.broker.catalog_log.high_watermark,
    ),
    _gauge(
        "kafka_server_raftmetrics_log_end_offset",
        "Where the catalog ends.",
        lambda scrape: scrape.broker.catalog_log.log_end_offset,
    ),
    # As every process of Prometheus' own clients
    Family("process_cpu_seconds_total", "counter", "CPU time used.", lambda scrape: [("", time.process_time())]),
    _gauge("process_start_time_seconds", "Unix time of the start, in seconds.", lambda scrape: round(_STARTED_AT_S, 2)),
    Family("process_resident_memory_bytes", "gauge", "Memory in use.", _resident_bytes),
    Family("process_open_fds", "gauge", "Open files and sockets.", _open_fds),
    _gauge(
        "process_max_fds",
        "What may be open at most.",
        lambda scrape: resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    ),
]
