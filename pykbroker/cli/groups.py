"""`pykbroker groups`: who reads what and how far behind, deleting groups, and moving their offsets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pykbroker.cli.completion import group_ids, topic_names
from pykbroker.cli.failures import Failed, Wrong, refusal
from pykbroker.cli.options import as_json, connects

if TYPE_CHECKING:
    from pykbroker.cli.group_facts import Group, Progress

_WHO_READS = {
    "NON_EMPTY_GROUP": "it has members; stop them first",
    "GROUP_ID_NOT_FOUND": "`pykbroker groups list` shows those that exist",
}
_NONE = "No groups; one appears when a consumer with a group.id joins or commits."
_RESET_EXAMPLES = """\b
Examples:
  pykbroker groups reset-offsets readers --all-topics --to-earliest --dry-run
  pykbroker groups reset-offsets readers -t greetings:0,2 --to-offset 100
  pykbroker groups reset-offsets readers -t greetings --to-datetime 2026-01-31T12:00
"""


@click.group()
def groups() -> None:
    """List and describe groups with their lag, delete them, reset their offsets."""


@groups.command("list")
@connects
@as_json
def list_(bootstrap: str, as_json: bool) -> None:
    """Show every group with its state."""
    from pykbroker.cli import output
    from pykbroker.cli.cluster import Cluster
    from pykbroker.cli.group_facts import list_groups

    with Cluster(bootstrap) as cluster:
        found = list_groups(cluster)
    rows = [(group, *what) for group, what in sorted(found.items())]
    if as_json:
        keys = ["group", "state", "type", "protocol_type"]
        output.print_json([dict(zip(keys, row, strict=True)) for row in rows])
    elif rows:
        output.table(["GROUP", "STATE", "TYPE", "PROTOCOL"], [[cell or None for cell in row] for row in rows])
    else:
        click.echo(_NONE, err=True)


@groups.command()
@click.argument("names", metavar="GROUP...", nargs=-1, shell_complete=group_ids)
@connects
@click.option("--all", "every", is_flag=True, help="All groups.")
@click.option("--members", "members_only", is_flag=True, help="Show the members and what each reads.")
@as_json
def describe(names: tuple[str, ...], bootstrap: str, every: bool, members_only: bool, as_json: bool) -> None:
    """Show offsets and lag of each partition, and who reads it."""
    from pykbroker.cli import output
    from pykbroker.cli.cluster import Cluster
    from pykbroker.cli.group_facts import describe, list_groups, progress_of

    if every == bool(names):
        raise Wrong("Which group? Write its name, several names, or --all alone")
    with Cluster(bootstrap) as cluster:
        chosen = sorted(list_groups(cluster)) if every else list(names)
        with output.progress("Asking for groups", len(chosen)) as advance:
            found = []
            for name in chosen:
                group = describe(cluster, name)
                found.append((group, progress_of(cluster, group)))
                advance(1)
    if as_json:
        output.print_json([_json(group, progress) for group, progress in found])
        return
    if not found:
        click.echo(_NONE, err=True)
    for number, (group, progress) in enumerate(found):
        if number:
            click.echo()
        count = len(group.members)
        words = [f"{count} member{'s' if count != 1 else ''}", f"assignor {group.assignor}" if group.assignor else ""]
        click.echo("   ".join([output.printable(group.group_id), group.state, *filter(None, words)]))
        if not group.members and (members_only or not progress):
            continue
        if members_only:
            _show_members(group)
        else:
            _show_progress(group, progress)


def _show_members(group: Group) -> None:
    from pykbroker.cli import output

    rows = [
        (m.member_id, m.instance_id, m.client_id, m.host, len(m.assigned), _ranges(m.assigned)) for m in group.members
    ]
    output.table(["CONSUMER-ID", "INSTANCE-ID", "CLIENT-ID", "HOST", "PARTITIONS", "ASSIGNMENT"], rows)


def _ranges(assigned: list[tuple[str, int]]) -> str | None:
    by_topic: dict[str, list[int]] = {}
    for topic, index in sorted(assigned):
        by_topic.setdefault(topic, []).append(index)
    return " ".join(f"{topic}:{','.join(map(str, indexes))}" for topic, indexes in by_topic.items()) or None


def _show_progress(group: Group, progress: list[Progress]) -> None:
    from pykbroker.cli import output

    rows: list[tuple[object, ...]] = [
        (*p.partition, p.committed, p.end, p.lag)
        + ((p.member.member_id, p.member.host, p.member.client_id) if p.member else (None, None, None))
        for p in progress
    ]
    rows += [(None,) * 5 + (m.member_id, m.host, m.client_id) for m in group.members if not m.assigned]
    total = ("total", None, None, None, _total(progress), None, None, None) if progress else None
    headings = ["TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"]
    output.table(headings, rows, last=total)


def _total(progress: list[Progress]) -> int:
    return sum(p.lag or 0 for p in progress)


def _json(group: Group, progress: list[Progress]) -> dict[str, Any]:
    return {
        "group": group.group_id,
        "state": group.state,
        "assignor": group.assignor,
        "lag": _total(progress),
        "partitions": [
            {
                **{"topic": p.partition[0], "partition": p.partition[1], "committed_offset": p.committed},
                **{"end_offset": p.end, "lag": p.lag, "member_id": p.member.member_id if p.member else None},
            }
            for p in progress
        ],
        "members": [
            {
                **{"member_id": m.member_id, "instance_id": m.instance_id, "client_id": m.client_id, "host": m.host},
                "assignment": [{"topic": topic, "partition": index} for topic, index in m.assigned],
            }
            for m in group.members
        ],
    }


@groups.command()
@click.argument("names", metavar="GROUP...", nargs=-1, required=True, shell_complete=group_ids)
@connects
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def delete(names: tuple[str, ...], bootstrap: str, yes: bool) -> None:
    """Delete groups that have no members, with their offsets.  Asks first, on a terminal."""
    from pykbroker_protocol.apis.delete_groups import DELETE_GROUPS, DeleteGroupsRequest
    from pykbroker_protocol.errors import ErrorCode

    from pykbroker.cli.cluster import Cluster

    if not yes and sys.stdin.isatty():
        click.confirm(f"Delete {', '.join(names)} with their offsets?", abort=True)
    faults: list[Failed] = []
    with Cluster(bootstrap) as cluster:
        for name in names:
            request = DeleteGroupsRequest(groups_names=[name])
            (result,) = cluster.coordinator(name).ask(DELETE_GROUPS, request).results
            if result.error_code:
                hint = _WHO_READS.get(ErrorCode(result.error_code).name, "")
                faults.append(refusal(f"{name} was not deleted", result.error_code, hint=hint))
            else:
                click.echo(f"Deleted {name}.")
    for fault in faults[:-1]:
        fault.show()
    if faults:
        raise faults[-1]


@groups.command("reset-offsets", epilog=_RESET_EXAMPLES)
@click.argument("name", metavar="GROUP", shell_complete=group_ids)
@connects
@click.option(
    "-t",
    "--topic",
    "chosen",
    metavar="TOPIC[:P,P]",
    multiple=True,
    shell_complete=topic_names,
    help="Which partitions; repeatable.",
)
@click.option("--all-topics", is_flag=True, help="All that the group has committed offsets in.")
@click.option("--to-earliest", "earliest", is_flag=True, help="To what is oldest there.")
@click.option("--to-latest", "latest", is_flag=True, help="Behind what is newest.")
@click.option("--to-offset", "offset", type=click.IntRange(min=0), help="To this offset, or the nearest that exists.")
@click.option("--to-datetime", "moment", metavar="TIME", help="To the first record since then; TIME as in `consume`.")
@click.option("--dry-run", is_flag=True, help="Only show what would be.")
@as_json
def reset_offsets(
    name: str,
    bootstrap: str,
    chosen: tuple[str, ...],
    all_topics: bool,
    earliest: bool,
    latest: bool,
    offset: int | None,
    moment: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Move a group's offsets.  The group must have no members, or they would go on where they are."""
    from pykbroker.cli import output, resetting
    from pykbroker.cli.cluster import Cluster

    if sum([earliest, latest, offset is not None, moment is not None]) != 1:
        raise Wrong("Say where to: one of --to-earliest, --to-latest, --to-offset N, --to-datetime TIME")
    if bool(chosen) == all_topics:
        raise Wrong("Say which partitions: -t TOPIC, -t TOPIC:0,1 or --all-topics")
    where = resetting.Where(earliest=earliest, latest=latest, offset=offset, moment=moment)
    with Cluster(bootstrap) as cluster:
        moves = resetting.plan(cluster, name, chosen, where)
        if not dry_run:
            resetting.commit(cluster, name, moves)
    if as_json:
        keys = ["topic", "partition", "old_offset", "new_offset"]
        output.print_json([dict(zip(keys, (*p, old, new), strict=True)) for p, (old, new) in moves.items()])
        return
    rows = [(*partition, old, new) for partition, (old, new) in moves.items()]
    output.table(["TOPIC", "PARTITION", "OLD-OFFSET", "NEW-OFFSET"], rows)
    if dry_run:
        click.echo("Nothing was changed; without --dry-run it will be.", err=True)
