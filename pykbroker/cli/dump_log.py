"""`pykbroker dump-log`: what is in the files of a data directory, whoever wrote them and used or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from pykbroker.cli.failures import Failed, Wrong
from pykbroker.cli.options import as_json as as_json_option

_EXAMPLES = """\b
Examples:
  pykbroker dump-log /tmp/kafka-logs/greetings-0                       every file of a partition
  pykbroker dump-log --records /tmp/kafka-logs/__consumer_offsets-7    what groups committed
  pykbroker dump-log /tmp/kafka-logs/greetings-0/00000000000000000000.timeindex
"""


@click.command("dump-log", epilog=_EXAMPLES, short_help="Print what is in the files of a log.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("-r", "--records", "with_records", is_flag=True, help="Show the records of each batch too.")
@as_json_option
def dump_log(paths: tuple[Path, ...], with_records: bool, as_json: bool) -> None:
    """Print what files of a log hold: .log, .index, .timeindex, .txnindex, .snapshot, checkpoints.

    PATH is a file, a partition's directory, or a whole data directory.  Nothing is changed; a broker may be running.
    With --json each line is an object.  Ends with 1 if a file is damaged, and says at which byte.
    """
    damaged = sum(not _dumped(file, with_records, as_json) for path in paths for file in _files(path))
    if damaged:
        raise Failed(
            f"{damaged} file{'s are' if damaged > 1 else ' is'} damaged, see above; `pykbroker check` says more"
        )


def _files(path: Path) -> list[Path]:
    from pykbroker.cli.dumped_files import is_known
    from pykbroker.storage.names import parse_partition_directory

    if not path.is_dir():
        if not is_known(path):
            raise Wrong(
                f"{path} is no file of a log: .log, .index, .timeindex, .txnindex, .snapshot and checkpoints are known"
            )
        return [path]
    directories = [p for p in path.iterdir() if p.is_dir() and parse_partition_directory(p.name)]
    files = [file for directory in [path, *sorted(directories)] for file in sorted(directory.iterdir())]
    files = [file for file in files if file.is_file() and is_known(file)]
    if not files:
        raise Failed(f"{path} has no file of a log: name a partition's directory, or one that log.dirs named")
    return files


def _dumped(file: Path, with_records: bool, as_json: bool) -> bool:
    """Whether all of the file could be read; what is wrong with it is printed where it stands."""
    from pykbroker.cli.dumped_files import Line, lines_of

    def shown() -> Iterator[Line]:
        try:
            yield Line({"size_bytes": file.stat().st_size}, text=f"{file}   {file.stat().st_size} bytes", indent=0)
            yield from lines_of(file, with_records)
        except FileNotFoundError:
            yield Line({"removed": True}, text="removed meanwhile, by the broker that is running")
        except OSError as fault:
            raise Failed(f"{file} cannot be read: {fault.strerror}") from fault

    whole = True
    for line in shown():
        whole = whole and not line.is_damage
        click.echo(line.as_json(file) if as_json else line.as_text())
    return whole
