"""Every broker property that is read here, once: name, type, default, valid values, what it does, and where it is not as in Kafka.

The attribute is the property's name with `_` for `.`.  Names, types, defaults and valid values are Kafka 4.3.1's; a row whose default
is another has `kafka_default` and says why in `differs`.  A row with `later` is accepted and has no effect.  The properties that
nobody reads are in unread.py; the topic's own are in topic.py; docs/configuration.md is written from all three.
"""

# ruff: noqa: E501 — a row is one line, or two

from __future__ import annotations

from pykbroker.config.values import (
    Boolean,
    Double,
    Int,
    List,
    Long,
    MaybeInt,
    MaybeList,
    MaybeLong,
    MaybeString,
    Short,
    String,
    Values,
)

_LONG_MAX = "9223372036854775807"
_ONE_REPLICA = (
    "There is one broker, so such a topic gets one replica whatever this says; Kafka waits for three brokers."
)
_CODECS = "[uncompressed, zstd, lz4, snappy, gzip, producer]"
_PROTOCOLS = "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT"
_SO_SNDBUF = "SO_SNDBUF of each connection; -1: as the system sees fit."
_SO_RCVBUF = "SO_RCVBUF of each connection; -1: as the system sees fit."
_AUTOTUNED = "A fixed size turns the system's own tuning off, which knows better."
_OF_TOPICS = "Of topics that do not say it themselves."

# fmt: off — a row reads best on one line or two


class BrokerProperties(Values):
    """The broker's table.  `Config` is this with the values in it."""

    # The node
    node_id = Int(
        "1",
        "[0,...]",
        "The broker's id, in Metadata and in meta.properties.",
        "Kafka has no default and refuses to start; one broker needs no number from its operator.",
        kafka_default="",
    )
    broker_id = Int("-1", "", "The old name of node.id: read when node.id is not set; both must agree.")
    process_roles = List(
        "broker,controller",
        "[broker, controller]",
        "Must contain broker.",
        "Kafka has no default; here the catalog is always in the broker's own process.",
        kafka_default="",
    )
    controller_listener_names = List(
        "CONTROLLER",
        "",
        "Listeners with these names are accepted and not opened.",
        "Kafka has no default; no controller is asked over the network here.",
        kafka_default="",
        filled=True,
    )
    controller_quorum_voters = List("", "non-empty list", later="There is no quorum: one broker is its own controller.")
    broker_rack = MaybeString(None, "", "The rack that Metadata and DescribeCluster name.")

    # Listeners and sockets
    listeners = List(
        "PLAINTEXT://:9092",
        "",
        "What is bound.  No host is every interface; port 0 is any free port.",
        "Only PLAINTEXT is served yet; a port outside 0 to 65535 is refused at once.",
        filled=True,
    )
    advertised_listeners = MaybeList(
        None,
        "",
        "What clients are told to connect to.  Not set, what was bound; a port of 0, the bound one.",
        filled=True,
    )
    listener_security_protocol_map = String(
        _PROTOCOLS,
        "",
        "The protocol of each listener's name.",
        "Only PLAINTEXT is served yet: a listener of another protocol is refused at start.",
    )
    inter_broker_listener_name = MaybeString(None, "", "Must be the name of an advertised listener.")
    security_inter_broker_protocol = String(
        "PLAINTEXT", "[PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL]", later="There is no second broker to talk to."
    )
    socket_request_max_bytes = Int("104857600", "[1,...]", "A request that says it is larger closes its connection.")
    socket_send_buffer_bytes = Int("-1", "", _SO_SNDBUF, _AUTOTUNED, kafka_default="102400")
    socket_receive_buffer_bytes = Int("-1", "", _SO_RCVBUF, _AUTOTUNED, kafka_default="102400")
    socket_listen_backlog_size = Int(
        "1000",
        "[1,...]",
        "Clients that may wait to be let in.",
        "Test suites open hundreds of connections at once, and whoever does not fit into the queue tries again after a"
        " second; the system may make it smaller.",
        kafka_default="50",
    )
    max_connections = Int("2147483647", "[0,...]", "Whoever comes when so many are open waits to be let in.")
    max_connections_per_ip = Int(
        "2147483647", "[0,...]", "Whoever comes from an address that has so many is hung up on."
    )
    max_connections_per_ip_overrides = String(
        "", "", "max.connections.per.ip of single addresses: 127.0.0.1:200,10.0.0.7:5."
    )
    max_connection_creation_rate = Int(
        "2147483647",
        "[0,...]",
        "Whoever comes when so many have come within a second waits to be let in.",
        "Kafka counts over ten seconds, so more can come at once after a quiet time.",
    )
    connections_max_idle_ms = Long("600000", "", "A connection that sends nothing for so long is closed.")
    queued_max_request_bytes = Long(
        "536870912",
        "",
        "What all requests under way may hold in memory together; beyond it, sockets are not read.",
        "Kafka's -1 is no bound, so clients together can exhaust its memory.  Here -1 is the default, and a value"
        " is never below socket.request.max.bytes.",
        kafka_default="-1",
    )

    # Topics
    num_partitions = Int("1", "[1,...]", "Partitions of a topic that is created without a number.")
    default_replication_factor = Int(
        "1",
        "",
        "Replicas of a topic that is created without a number; more than one is refused, as by one Kafka broker.",
    )
    auto_create_topics_enable = Boolean("true", "", "Metadata creates an unknown topic when the client allows it.")
    delete_topic_enable = Boolean("true", "", "DeleteTopics is refused when false.")
    min_insync_replicas = Int(
        "1",
        "[1,...]",
        later="A partition has one replica, and Kafka never asks for more in-sync ones than there are: nothing is refused.",
    )
    unclean_leader_election_enable = Boolean("false", "", later="There is one replica: no election is unclean.")

    # The log
    log_dir = List("/tmp/kafka-logs", "", "The data directory, when log.dirs is not set.", filled=True)
    log_dirs = MaybeList(None, "", "The data directory.", "One directory only; more are refused at start.", filled=True)
    cordoned_log_dirs = List(
        "",
        "",
        "The data directory, or *: no topic is created, and none gets more partitions, but where they are assigned.",
        "Kafka creates no internal topic then either.",
    )
    log_segment_bytes = Int("1073741824", "[1048576,...]", "A segment that would grow beyond it is rolled.")
    log_roll_ms = MaybeLong(None, "", "A segment whose first record is older is rolled by the next one.")
    log_roll_hours = Int("168", "[1,...]", "log.roll.ms in hours, when that is not set.")
    log_roll_jitter_ms = MaybeLong(None, "", "Rolling by time comes earlier by a random part of it.")
    log_roll_jitter_hours = Int("0", "[0,...]", "log.roll.jitter.ms in hours, when that is not set.")
    log_index_interval_bytes = Int("4096", "[0,...]", "Bytes of log between two entries of its indexes.")
    log_index_size_max_bytes = Int("10485760", "[4,...]", "An index that is full rolls its segment.")
    log_flush_interval_messages = Long(
        _LONG_MAX,
        "[1,...]",
        "How many records may wait to be synced: with 1, each is on disk before its producer is answered.",
    )
    log_flush_interval_ms = MaybeLong(None, "", "How long a record may wait to be synced.")
    log_flush_scheduler_interval_ms = Long(
        _LONG_MAX, "", "How often is looked for records that have waited for flush.ms; by default, never."
    )
    log_flush_offset_checkpoint_interval_ms = Int(
        "60000", "[0,...]", "How often recovery points are written: what is behind them is not scanned after a crash."
    )
    log_flush_start_offset_checkpoint_interval_ms = Int(
        "60000", "[0,...]", "How often is written where logs start; DeleteRecords writes it before it is answered."
    )
    log_segment_delete_delay_ms = Long(
        "60000", "[0,...]", "How long files that were deleted from a log, or with its topic, stay under another name."
    )
    log_preallocate = Boolean("false", "", later="A segment's file grows as it is written.")

    # Retention and compaction
    log_cleanup_policy = List(
        "delete",
        "[compact, delete]",
        "delete: what is past retention goes; compact: the latest record of each key stays; or both.",
    )
    log_retention_ms = MaybeLong(None, "", "A segment goes when its newest record is older; -1: whatever its age.")
    log_retention_minutes = MaybeInt(None, "", "log.retention.ms in minutes, when that is not set.")
    log_retention_hours = Int("168", "", "log.retention.ms in hours, when neither is set.")
    log_retention_bytes = Long(
        "-1", "", "The oldest segments go while at least as much is left of a partition; -1: whatever its size."
    )
    log_retention_check_interval_ms = Long(
        "300000",
        "[1,...]",
        "How often retention is looked at; the first time, after log.initial.task.delay.ms if that is less.",
    )
    log_initial_task_delay_ms = Long("30000", "[0,...]", "How long after the start retention is looked at first.")
    log_cleaner_enable = Boolean("true", "", "Whether anything is compacted at all.")
    log_cleaner_backoff_ms = Long("15000", "[0,...]", "How often is looked whether a log is worth compacting.")
    log_cleaner_dedupe_buffer_size = Long(
        "134217728",
        "",
        "What the keys that one compaction knows of may take in memory; what does not fit is left for the next one.",
        "A key takes its own bytes and 150 more, where Kafka keeps 24 bytes of any: it holds a sixth as many.",
    )
    log_cleaner_io_max_bytes_per_second = Double("1.7976931348623157E308", "", "What a compaction may read and write.")
    log_cleaner_delete_retention_ms = Long("86400000", "[0,...]", _OF_TOPICS)
    log_cleaner_min_cleanable_ratio = Double("0.5", "[0,...,1]", _OF_TOPICS)
    log_cleaner_min_compaction_lag_ms = Long("0", "[0,...]", _OF_TOPICS)
    log_cleaner_max_compaction_lag_ms = Long(_LONG_MAX, "[1,...]", _OF_TOPICS)
    log_local_retention_bytes = Long("-2", "[-2,...]", later="There is no tiered storage.")
    log_local_retention_ms = Long("-2", "[-2,...]", later="There is no tiered storage.")

    # Records
    message_max_bytes = Int("1048588", "[0,...]", "A larger batch is refused with MESSAGE_TOO_LARGE.")
    compression_type = String("producer", _CODECS, _OF_TOPICS)
    compression_gzip_level = Int("-1", "[1,...,9] or -1", _OF_TOPICS)
    compression_lz4_level = Int("9", "[1,...,17]", _OF_TOPICS)
    compression_zstd_level = Int("3", "[-131072,...,22]", _OF_TOPICS)
    log_message_timestamp_type = String(
        "CreateTime", "[CreateTime, LogAppendTime]", "Whose time a record has: its producer's, or the broker's."
    )
    log_message_timestamp_before_max_ms = Long(
        _LONG_MAX, "[0,...]", "A record that is older is refused with INVALID_TIMESTAMP."
    )
    log_message_timestamp_after_max_ms = Long(
        "3600000", "[0,...]", "A record from further in the future is refused with INVALID_TIMESTAMP."
    )

    # Fetch
    fetch_max_bytes = Int("57671680", "[1024,...]", "The most that one Fetch is answered with, whatever it asks for.")
    max_incremental_fetch_session_cache_slots = Int("1000", "[0,...]", "Fetch sessions that are remembered at once.")

    # Groups and offsets
    group_min_session_timeout_ms = Int(
        "6000", "", "A member that asks for less is refused with INVALID_SESSION_TIMEOUT."
    )
    group_max_session_timeout_ms = Int(
        "1800000", "", "A member that asks for more is refused with INVALID_SESSION_TIMEOUT."
    )
    group_initial_rebalance_delay_ms = Int(
        "3000", "", "How long an empty group waits for more members before its first rebalance."
    )
    group_max_size = Int("2147483647", "[1,...]", "Members that a group can have.")
    group_coordinator_rebalance_protocols = List(
        "classic,consumer,streams",
        "[consumer, classic, share, streams]",
        "Must contain classic.",
        "Only classic is served yet.",
    )
    offsets_topic_num_partitions = Int("50", "[1,...]", "Partitions of __consumer_offsets when it is created.")
    offsets_topic_replication_factor = Short("3", "[1,...]", later=_ONE_REPLICA)
    offsets_topic_segment_bytes = Int("104857600", "[1,...]", "segment.bytes of __consumer_offsets when it is created.")
    offsets_topic_compression_codec = Int("0", "", later="Offsets are written uncompressed.")
    offset_metadata_max_bytes = Int(
        "4096", "", "Longer metadata in an OffsetCommit is refused with OFFSET_METADATA_TOO_LARGE."
    )
    offsets_retention_minutes = Int(
        "10080", "[1,...]", "How long offsets are kept of a group that is empty, or of topics that it reads no more."
    )
    offsets_retention_check_interval_ms = Long("600000", "[1,...]", "How often that is looked at.")

    # Admin
    max_request_partition_size_limit = Int(
        "2000", "[1,...]", "Partitions that one page of DescribeTopicPartitions has at most."
    )

    # Producers
    producer_id_expiration_ms = Int(
        "86400000", "[1,...]", "A producer that writes nothing for so long is forgotten, with its sequence numbers."
    )
    producer_id_expiration_check_interval_ms = Int("600000", "[1,...]", "How often that is looked at.")
    transactional_id_expiration_ms = Int("604800000", "[1,...]", later="Transactions are not served yet.")
    transaction_partition_verification_enable = Boolean(
        "true",
        "",
        "The first batch of a transaction in a partition is refused unless a coordinator knows of it: as there is none, any is.",
    )

    # Ours alone
    pykbroker_advertise_client_address = Boolean(
        "false", "", "Metadata answers each client with the address that it reached the broker by."
    )
    pykbroker_metrics_listener = MaybeString(
        None, "", "Where Prometheus scrapes, as http://127.0.0.1:9404; nowhere when it is not set.  See metrics.md."
    )
