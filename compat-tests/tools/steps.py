# ruff: noqa: E501 — a command is one line
"""What is asked of both brokers, in order: each section's commands also make the state that the following ones see.

A command is a line as one would type it, without the broker's address.  {name} stands for a file that holds what FILES says;
{topic_id} for the id that the broker gave to topic `a`.  Records have keys wherever their partition shows.
"""

from __future__ import annotations

from dataclasses import dataclass

FILES = {
    "cut": '{"partitions": [{"topic": "a", "partition": 0, "offset": 2}], "version": 1}',
    "cut_badly": '{"partitions": [{"topic": "a", "partition": 0, "offset": 9999}, {"topic": "no", "partition": 0,'
    ' "offset": 1}], "version": 1}',
    "move": '{"version": 1, "topics": [{"topic": "a"}]}',
    "same": '{"version": 1, "partitions": [{"topic": "a", "partition": 0, "replicas": [1]}]}',
    "elsewhere": '{"version": 1, "partitions": [{"topic": "a", "partition": 0, "replicas": [7]}]}',
    "of_no_topic": '{"version": 1, "partitions": [{"topic": "no", "partition": 0, "replicas": [1]}]}',
    "impatient": "request.timeout.ms=2000\ndefault.api.timeout.ms=3000\n",
    "elect": '{"partitions": [{"topic": "a", "partition": 0}]}',
}

KEYED = "".join(f"k{turn}:value {turn}\n" for turn in range(12))
PLAIN = "".join(f"line {turn}\n" for turn in range(5))


@dataclass(frozen=True)
class Step:
    command: str
    input: str = ""

    @property
    def tool(self) -> str:
        return self.command.split()[0]


def steps(commands: str, **inputs: str) -> list[Step]:
    """One step a line; `<name` at its end is what the command reads."""
    found = []
    for line in filter(None, map(str.strip, commands.splitlines())):
        command, _, name = line.partition(" <")
        found.append(Step(command, inputs[name] if name else ""))
    return found


TOPICS = steps("""
    topics --list
    topics --create --topic a --partitions 3 --replication-factor 1 --config retention.ms=3600000
    topics --create --topic b
    topics --create --topic perf
    topics --create --topic stamped
    topics --create --topic assigned --replica-assignment 1,1
    topics --create --topic a
    topics --create --topic a --if-not-exists
    topics --create --topic wide --partitions 0
    topics --create --topic tall --replication-factor 3
    topics --create --topic no/such
    topics --create --topic c --config no.such.key=1
    topics --create --topic c --config retention.ms=soon
    topics --create --topic c --config cleanup.policy=compact --config min.cleanable.dirty.ratio=0.1
    topics --create --topic elsewhere --replica-assignment 7
    topics --create --topic with.dot
    topics --create --topic with_dot
    topics --list
    topics --list --topic a
    topics --list --exclude-internal
    topics --describe
    topics --describe --topic a
    topics --describe --topic b.*
    topics --describe --topic no
    topics --describe --topic no --if-exists
    topics --describe --topic-id {topic_id}
    topics --describe --topic-id AAAAAAAAAAAAAAAAAAAAAQ
    topics --describe --topics-with-overrides
    topics --describe --under-replicated-partitions
    topics --describe --unavailable-partitions
    topics --describe --under-min-isr-partitions
    topics --describe --at-min-isr-partitions
    topics --describe --partition-size-limit-per-response 1
    topics --alter --topic b --partitions 2
    topics --alter --topic b --partitions 1
    topics --alter --topic b --partitions 2
    topics --alter --topic no --partitions 2
    topics --alter --topic no --partitions 2 --if-exists
    topics --alter --topic b --partitions 3 --replica-assignment 1,1,7
    topics --delete --topic no
    topics --delete --topic no --if-exists
    topics --delete --topic assigned
    topics --list
""")

RECORDS = steps(
    """
    console-producer --topic a --reader-property parse.key=true --reader-property key.separator=: <keyed
    console-producer --topic b --compression-codec zstd --sync --reader-property parse.key=true --reader-property key.separator=: <keyed
    console-producer --topic b --command-property acks=0 --reader-property parse.key=true --reader-property key.separator=: <keyed
    console-producer --topic made.on.the.way <plain
    console-producer --topic no/such --max-block-ms 2000 <plain
    console-consumer --topic a --from-beginning --max-messages 12 --formatter-property print.key=true --formatter-property print.partition=true --formatter-property print.offset=true --formatter-property print.timestamp=true --group all
    console-consumer --topic a --partition 0 --offset 1 --timeout-ms 2000 --group one-partition
    console-consumer --topic a --partition 0 --offset 9999 --timeout-ms 2000 --group one-partition
    console-consumer --topic b --from-beginning --max-messages 24 --group readers --isolation-level read_committed
    console-consumer --include 'a|b' --from-beginning --max-messages 36 --group both
    console-consumer --topic no --timeout-ms 2000 --consumer-property allow.auto.create.topics=false --group nobody
    console-consumer --topic __consumer_offsets --partition 0 --from-beginning --timeout-ms 2000 --formatter org.apache.kafka.tools.consumer.OffsetsMessageFormatter --group offsets-readers
    verifiable-producer --topic b --max-messages 5 --repeating-keys 1
    verifiable-producer --topic stamped --max-messages 1 --message-create-time 1000000000000 --acks 1 --value-prefix 7
    producer-perf-test --topic perf --num-records 20000 --record-size 100 --throughput -1 --bootstrap-server {address}
    producer-perf-test --topic perf --num-records 2000 --record-size 100 --throughput -1 --bootstrap-server {address} --command-property compression.type=lz4 acks=1
    consumer-perf-test --topic perf --num-records 22000 --timeout 10000 --group perf-readers
    consumer-perf-test --topic perf --num-records 22000 --hide-header --group perf-too
    get-offsets
    get-offsets --topic a
    get-offsets --topic a --time -2
    get-offsets --topic stamped --time -3
    get-offsets --topic stamped --time 1000000000000
    get-offsets --topic a --time -4
    get-offsets --topic a --time -5
    get-offsets --topic a --time -6
    get-offsets --topic a --time 1
    get-offsets --topic a --time 9999999999999
    get-offsets --topic-partitions a:0-1,b --exclude-internal-topics
    get-offsets --topic no
    delete-records --offset-json-file {cut}
    delete-records --offset-json-file {cut_badly} --command-config {impatient}
    get-offsets --topic a --time -2
""",
    keyed=KEYED,
    plain=PLAIN,
)

CONFIGS = steps("""
    configs --describe --entity-type topics --entity-name a
    configs --describe --entity-type topics --entity-name a --all
    configs --describe --entity-type topics --entity-name no
    configs --describe --entity-type topics
    configs --alter --entity-type topics --entity-name a --add-config retention.bytes=1000000,segment.bytes=2000000
    configs --alter --entity-type topics --entity-name a --add-config no.such.key=1
    configs --alter --entity-type topics --entity-name a --add-config retention.bytes=many
    configs --alter --entity-type topics --entity-name a --add-config segment.bytes=1
    configs --alter --entity-type topics --entity-name a --delete-config retention.bytes
    configs --alter --entity-type topics --entity-name a --delete-config never.set
    configs --alter --entity-type topics --entity-name no --add-config retention.ms=1
    configs --describe --entity-type topics --entity-name a
    configs --describe --entity-type brokers --entity-name 1
    configs --describe --entity-type brokers --entity-name 1 --all
    configs --describe --entity-type brokers --entity-name 7
    configs --describe --entity-type brokers --entity-default
    configs --alter --entity-type brokers --entity-name 1 --add-config log.retention.ms=7200000
    configs --alter --entity-type brokers --entity-default --add-config log.cleaner.threads=2
    configs --alter --entity-type brokers --entity-name 1 --add-config log.dirs=/elsewhere
    configs --alter --entity-type brokers --entity-name 1 --add-config no.such.key=1
    configs --alter --entity-type brokers --entity-name 7 --add-config log.retention.ms=7200000 --command-config {impatient}
    configs --describe --entity-type brokers --entity-name 1
    configs --describe --entity-type brokers --entity-default
    configs --alter --entity-type brokers --entity-name 1 --delete-config log.retention.ms
    configs --alter --entity-type brokers --entity-default --delete-config log.cleaner.threads
    configs --describe --entity-type brokers
    configs --describe --entity-type broker-loggers --entity-name 1
    configs --alter --entity-type groups --entity-name readers --add-config consumer.session.timeout.ms=50000
    configs --describe --entity-type groups --entity-name readers
    configs --describe --entity-type groups --entity-name readers --all
    configs --describe --entity-type client-metrics
    configs --describe --entity-type users
    configs --describe --entity-type clients
""")

WITH_MEMBER = steps("""
    consumer-groups --describe --group live
    consumer-groups --describe --group live --members
    consumer-groups --describe --group live --members --verbose
    consumer-groups --describe --group live --state
    consumer-groups --describe --group live --offsets --verbose
    consumer-groups --list --state stable
    consumer-groups --delete --group live
    consumer-groups --reset-offsets --group live --topic b --to-earliest --execute
    consumer-groups --delete-offsets --group live --topic b
    groups --list
""")

GROUPS = steps("""
    consumer-groups --list
    consumer-groups --list --state
    consumer-groups --list --type
    consumer-groups --list --type consumer
    consumer-groups --list --state empty
    consumer-groups --list --state no-such
    groups --list
    groups --list --consumer
    groups --list --share
    groups --list --group-type classic
    groups --list --protocol consumer
    consumer-groups --describe --group readers
    consumer-groups --describe --group readers --state
    consumer-groups --describe --group readers --members
    consumer-groups --describe --group no
    consumer-groups --describe --group no --state
    consumer-groups --describe --all-groups
    consumer-groups --describe --all-groups --state
    consumer-groups --reset-offsets --group readers --topic b --to-earliest --dry-run
    consumer-groups --reset-offsets --group readers --topic b --to-earliest --execute
    consumer-groups --reset-offsets --group readers --topic b:0 --to-offset 3 --execute
    consumer-groups --reset-offsets --group readers --topic b:0 --to-offset 9999 --execute
    consumer-groups --reset-offsets --group readers --topic b --shift-by 1 --execute
    consumer-groups --reset-offsets --group readers --topic b --by-duration PT1H --execute
    consumer-groups --reset-offsets --group readers --topic b --to-datetime 2020-01-01T00:00:00.000 --execute
    consumer-groups --reset-offsets --group readers --all-topics --to-latest --execute
    consumer-groups --reset-offsets --group readers --topic no --to-latest --execute
    consumer-groups --reset-offsets --group readers --topic b:99 --to-latest --execute
    consumer-groups --reset-offsets --group new --topic b --to-earliest --execute
    consumer-groups --reset-offsets --group readers --all-topics --to-current --export --dry-run
    consumer-groups --describe --group readers
    consumer-groups --delete-offsets --group readers --topic b:0
    consumer-groups --delete-offsets --group readers --topic no
    consumer-groups --delete-offsets --group no --topic b
    consumer-groups --describe --group readers
    consumer-groups --delete --group new
    consumer-groups --delete --group no
    consumer-groups --delete --group new --group readers
    consumer-groups --list
    share-groups --list
    share-groups --describe --group no
    streams-groups --list
""")

CLUSTER = steps("""
    log-dirs --describe
    log-dirs --describe --topic-list a
    log-dirs --describe --topic-list no
    log-dirs --describe --broker-list 1
    log-dirs --describe --broker-list 7
    features describe
    features upgrade --feature group.version=1
    features upgrade --feature no.such=1
    features upgrade --feature metadata.version=99
    features downgrade --feature metadata.version=20
    features downgrade --feature group.version=0 --dry-run
    features disable --feature eligible.leader.replicas.version --dry-run
    features upgrade --release-version 4.3 --dry-run
    features version-mapping
    metadata-quorum describe --status
    metadata-quorum describe --replication
    metadata-quorum describe --replication --human-readable
    metadata-quorum remove-controller --controller-id 1 --controller-directory-id AAAAAAAAAAAAAAAAAAAAAQ
    reassign-partitions --list
    reassign-partitions --generate --topics-to-move-json-file {move} --broker-list 1
    reassign-partitions --generate --topics-to-move-json-file {move} --broker-list 7
    reassign-partitions --execute --reassignment-json-file {same}
    reassign-partitions --verify --reassignment-json-file {same}
    reassign-partitions --cancel --reassignment-json-file {same}
    reassign-partitions --execute --reassignment-json-file {elsewhere}
    reassign-partitions --execute --reassignment-json-file {of_no_topic}
    reassign-partitions --execute --reassignment-json-file {same} --throttle 1000000
    reassign-partitions --verify --reassignment-json-file {same}
    leader-election --election-type preferred --all-topic-partitions
    leader-election --election-type preferred --topic a --partition 0
    leader-election --election-type unclean --topic a --partition 0
    leader-election --election-type preferred --path-to-json-file {elect}
    leader-election --election-type preferred --topic no --partition 0
    broker-api-versions
    transactions list
    transactions describe-producers --topic b --partition 0
    transactions find-hanging --broker-id 1
    acls --list
    client-metrics --list
    delegation-tokens --describe
""")

KCAT = steps(
    """
    kcat -L
    kcat -L -J
    kcat -L -t a
    kcat -L -t no -X allow.auto.create.topics=false
    kcat -P -t a -p 1 -K : <keyed
    kcat -P -t a -p 1 -z zstd -H name=value <plain
    kcat -P -t a -p 99 <plain
    kcat -C -t a -p 1 -o -5 -e -f '%k|%s|%p|%o|%h\\n'
    kcat -C -t a -e -q -f '%s\\n'
    kcat -C -t a -p 1 -o s@1 -c 1 -f '%s\\n'
    kcat -C -t no -e -X allow.auto.create.topics=false
    kcat -Q -t a:1:-1 -t a:1:-2
    kcat -Q -t a:1:1
    kcat -Q -t no:0:-1
    kcat -G kcats made.on.the.way -c 3 -e -X auto.offset.reset=earliest -X enable.auto.offset.store=false -f '%s\\n'
""",
    keyed=KEYED,
    plain=PLAIN,
)

# In this order.
MEMBERS = "a group with a member"
SECTIONS = {
    "topics": TOPICS,
    "records": RECORDS,
    MEMBERS: WITH_MEMBER,
    "groups": GROUPS,
    "configs": CONFIGS,
    "the cluster": CLUSTER,
    "kcat": KCAT,
}
