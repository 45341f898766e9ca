"""`pykbroker check`: are the files of a data directory whole, before a broker or a restore relies on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pykbroker.cli.failures import Failed
from pykbroker.cli.options import as_json as as_json_option

if TYPE_CHECKING:
    from pykbroker.cli.checking import Fault, Partition

_EXAMPLES = """\b
Examples:
  pykbroker check /tmp/kafka-logs                 all partitions
  pykbroker check /tmp/kafka-logs/greetings-0     one
"""


@click.command("check", epilog=_EXAMPLES, short_help="Verify the files of a data directory.")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_json_option
def check(directory: Path, as_json: bool) -> None:
    """Verify a data directory, or one partition's: every batch, index, snapshot and checkpoint.

    Nothing is changed; a broker may be running.  Each fault is named with its file and byte.  Ends with 1 if there
    is one.
    """
    from pykbroker.cli.checking import check_checkpoints, check_partition, partitions_in, segment_files
    from pykbroker.cli.output import print_json, progress

    try:
        directories = partitions_in(directory)
        if not directories:
            raise Failed(f"{directory} has no partition: name a directory that log.dirs named, or a partition's")
        total = sum(log.stat().st_size for each in directories for log in segment_files(each))
        with progress("checking", total, bytes_=True) as advance:
            partitions = [check_partition(each, advance) for each in directories]
    except OSError as fault:
        raise Failed(f"{fault.filename} cannot be read: {fault.strerror}") from fault
    faults = [fault for partition in partitions for fault in partition.faults]
    if directories != [directory]:
        faults += check_checkpoints(directory, partitions)
    if as_json:
        print_json(_facts(partitions, faults))
    else:
        _say(partitions, faults)
    if faults:
        raise Failed(_what_next(faults))


def _say(partitions: list[Partition], faults: list[Fault]) -> None:
    from pykbroker.cli.output import bytes_text, printable, table

    for fault in faults:
        where = f" at byte {fault.position}" if fault.position >= 0 else ""
        click.echo(printable(f"{fault.file}{where}: {fault.why}"))
    if faults:
        click.echo()
    segments, batches = sum(p.segments for p in partitions), sum(p.batches for p in partitions)
    size = bytes_text(sum(p.size_bytes for p in partitions))
    table(
        ["PARTITIONS", "SEGMENTS", "BATCHES", "SIZE", "FAULTS"],
        [[len(partitions), segments, batches, size, len(faults)]],
    )


def _facts(partitions: list[Partition], faults: list[Fault]) -> object:
    return {
        "partitions": [
            {name: value for name, value in partition._asdict().items() if name != "faults"} for partition in partitions
        ],
        "faults": [{"file": str(fault.file), "position": fault.position, "why": fault.why} for fault in faults],
    }


def _what_next(faults: list[Fault]) -> str:
    from pykbroker.storage import names

    count = f"{len(faults)} fault{'s' * (len(faults) > 1)}"
    if all(fault.file.suffix in (names.INDEX, names.TIME_INDEX) for fault in faults):
        return f"{count}, in indexes only: stop the broker and delete these files, a start builds them again"
    return (
        f"{count}: copy the directory before anything else; a broker that was killed cuts what lies behind its last "
        "sync when it starts, anything else wants a restore"
    )
