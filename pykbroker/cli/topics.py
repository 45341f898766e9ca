"""`pykbroker topics`: what topics there are, what is in them, and making, growing and deleting them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pykbroker.cli.completion import topic_names
from pykbroker.cli.failures import Failed, nearest, refusal
from pykbroker.cli.options import as_json, connects, pairs

if TYPE_CHECKING:
    from pykbroker_protocol.apis.metadata import MetadataResponse

    from pykbroker.cli.cluster import Cluster

_WITHIN_MS = 30_000


@click.group()
def topics() -> None:
    """List, describe, create, grow and delete topics."""


@topics.command("list")
@connects
@click.option("--internal", is_flag=True, help="Those of the broker itself too (__consumer_offsets).")
@as_json
def list_topics(bootstrap: str, internal: bool, as_json: bool) -> None:
    """Show every topic with its partitions."""
    from pykbroker.cli import output
    from pykbroker.cli.cluster import Cluster

    with Cluster(bootstrap) as cluster:
        every = sorted(cluster.metadata().topics, key=lambda topic: topic.name or "")
    found = [topic for topic in every if internal or not topic.is_internal]
    rows = [(topic.name, len(topic.partitions), _replicas(topic)) for topic in found]
    if as_json:
        output.print_json([{"topic": name, "partitions": p, "replication_factor": r} for name, p, r in rows])
    elif rows:
        output.table(["TOPIC", "PARTITIONS", "REPLICAS"], rows)
    else:
        click.echo("No topics yet; `pykbroker topics create NAME` makes one.", err=True)


def _replicas(topic: MetadataResponse.MetadataResponseTopic) -> int:
    return max((len(partition.replica_nodes) for partition in topic.partitions), default=0)


@topics.command()
@click.argument("names", metavar="TOPIC...", nargs=-1, required=True, shell_complete=topic_names)
@connects
@as_json
def describe(names: tuple[str, ...], bootstrap: str, as_json: bool) -> None:
    """Show each partition's leader, offsets and size, and the topic's own configs."""
    from pykbroker.cli import output
    from pykbroker.cli.cluster import Cluster

    with Cluster(bootstrap) as cluster:
        described = _described(cluster, names)
    if as_json:
        output.print_json(described)
        return
    for number, topic in enumerate(described):
        if number:
            click.echo()
        size = output.bytes_text(topic["size_bytes"])
        click.echo(f"{topic['topic']}   id {topic['id']}   {topic['records']} offsets in use   {size or '-'}")
        if topic["configs"]:
            click.echo("configs: " + output.printable(" ".join(f"{k}={v}" for k, v in topic["configs"].items())))
        rows = [
            (
                *(p["partition"], p["leader"], p["leader_epoch"], _ids(p["replicas"]), _ids(p["isr"])),
                *(p["start_offset"], p["end_offset"], output.bytes_text(p["size_bytes"])),
            )
            for p in topic["partitions"]
        ]
        output.table(["PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN SYNC", "START", "END", "SIZE"], rows)


def _ids(nodes: list[int]) -> str:
    return ",".join(map(str, nodes))


def _described(cluster: Cluster, names: tuple[str, ...]) -> list[dict[str, Any]]:
    from pykbroker.cli.cluster import EARLIEST, LATEST
    from pykbroker.cli.topic_facts import configs_of, sizes_of
    from pykbroker.storage.names import uuid_text

    found = cluster.topics(names)
    partitions = [(t.name or "", p.partition_index) for t in found for p in t.partitions]
    starts, ends = cluster.offsets(partitions, EARLIEST), cluster.offsets(partitions, LATEST)
    sizes, configs = sizes_of(cluster, partitions), configs_of(cluster, names)
    described = []
    for topic in found:
        name = topic.name or ""
        rows: list[dict[str, Any]] = [
            {
                "partition": p.partition_index,
                "leader": p.leader_id,
                "leader_epoch": p.leader_epoch,
                "replicas": list(p.replica_nodes),
                "isr": list(p.isr_nodes),
                "start_offset": starts[name, p.partition_index],
                "end_offset": ends[name, p.partition_index],
                "size_bytes": sizes.get((name, p.partition_index)),
            }
            for p in sorted(topic.partitions, key=lambda partition: partition.partition_index)
        ]
        described.append(
            {
                "topic": name,
                "id": uuid_text(topic.topic_id),
                "records": sum(row["end_offset"] - row["start_offset"] for row in rows),
                "size_bytes": sum(row["size_bytes"] or 0 for row in rows) if sizes else None,
                "configs": configs.get(name, {}),
                "partitions": rows,
            }
        )
    return described


@topics.command()
@click.argument("names", metavar="TOPIC...", nargs=-1, required=True)
@connects
@click.option("-p", "--partitions", type=int, default=-1, help="How many; the broker's num.partitions if not said.")
@click.option("-r", "--replication-factor", type=int, default=-1, help="The broker's default if not said.")
@click.option("-c", "configs", metavar="KEY=VALUE", multiple=True, help="Set one of the topic's configs; repeatable.")
@click.option("--if-not-exists", is_flag=True, help="One that is there already is no fault.")
def create(
    names: tuple[str, ...],
    bootstrap: str,
    partitions: int,
    replication_factor: int,
    configs: tuple[str, ...],
    if_not_exists: bool,
) -> None:
    """Create topics."""
    from pykbroker_protocol.apis.create_topics import CREATE_TOPICS, CreateTopicsRequest
    from pykbroker_protocol.errors import ErrorCode

    from pykbroker.cli.cluster import Cluster

    of_topic = CreateTopicsRequest.CreatableTopic
    given = [of_topic.CreatableTopicConfig(name=key, value=value) for key, value in pairs(configs, "-c").items()]
    wanted = [
        of_topic(name=n, num_partitions=partitions, replication_factor=replication_factor, configs=given) for n in names
    ]
    with Cluster(bootstrap) as cluster:
        request = CreateTopicsRequest(topics=wanted, timeout_ms=_WITHIN_MS)
        answer = cluster.first.ask(CREATE_TOPICS, request, at_least=5)
    exists = {int(ErrorCode.TOPIC_ALREADY_EXISTS)} if if_not_exists else set()
    faults = []
    for result in answer.topics:
        if result.error_code == ErrorCode.NONE:
            count = result.num_partitions
            click.echo(f"Created {result.name} with {count} partition{'s' if count != 1 else ''}.")
        elif result.error_code not in exists:
            hint = _nearest_config(result.error_message or "")
            faults.append(refusal(f"{result.name} was not created", result.error_code, result.error_message, hint))
    _raise(faults)


def _nearest_config(message: str) -> str:
    """What was meant by the config that `message` says does not exist; "" if it says something else."""
    from pykbroker.config.topic import TOPIC_PROPERTIES

    _, unknown, name = message.partition("Unknown topic config name: ")
    return nearest(name, list(TOPIC_PROPERTIES), "") if unknown else ""


@topics.command()
@click.argument("names", metavar="TOPIC...", nargs=-1, required=True, shell_complete=topic_names)
@connects
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def delete(names: tuple[str, ...], bootstrap: str, yes: bool) -> None:
    """Delete topics with all of their records.  Asks first, on a terminal."""
    from pykbroker_protocol.apis.delete_topics import DELETE_TOPICS, DeleteTopicsRequest

    from pykbroker.cli.cluster import Cluster

    states = [DeleteTopicsRequest.DeleteTopicState(name=name) for name in names]
    with Cluster(bootstrap) as cluster:
        cluster.topics(names)
        if not yes and sys.stdin.isatty():
            click.confirm(f"Delete {', '.join(names)} with all records?", abort=True)
        request = DeleteTopicsRequest(topics=states, topic_names=list(names), timeout_ms=_WITHIN_MS)
        answer = cluster.first.ask(DELETE_TOPICS, request)
    faults = []
    for result in answer.responses:
        if result.error_code:
            faults.append(refusal(f"{result.name} was not deleted", result.error_code, result.error_message))
        else:
            click.echo(f"Deleted {result.name}.")
    _raise(faults)


@topics.command("add-partitions")
@click.argument("name", metavar="TOPIC", shell_complete=topic_names)
@click.argument("total", metavar="TOTAL", type=int)
@connects
def add_partitions(name: str, total: int, bootstrap: str) -> None:
    """Give TOPIC more partitions, TOTAL in all.  Keys may then go to other partitions than before."""
    from pykbroker_protocol.apis.create_partitions import CREATE_PARTITIONS, CreatePartitionsRequest

    from pykbroker.cli.cluster import Cluster

    wanted = CreatePartitionsRequest.CreatePartitionsTopic(name=name, count=total, assignments=None)
    with Cluster(bootstrap) as cluster:
        (before,) = cluster.topics([name])
        request = CreatePartitionsRequest(topics=[wanted], timeout_ms=_WITHIN_MS)
        (result,) = cluster.first.ask(CREATE_PARTITIONS, request).results
    if result.error_code:
        raise refusal(f"{name} was not changed", result.error_code, result.error_message)
    click.echo(f"{name} has {total} partitions now, before {len(before.partitions)}.")


def _raise(faults: list[Failed]) -> None:
    """Every fault but the last is said, and the last ends the command."""
    for fault in faults[:-1]:
        fault.show()
    if faults:
        raise faults[-1]
