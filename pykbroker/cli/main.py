"""The commands and their options.  What a command needs is imported when it runs, so that `--help` is quick.

Exit codes: 0 it ended as asked; 1 it could not go on (a port in use, a data directory in use); 2 it was asked for
something wrong (an option, a property, a value).
"""

from __future__ import annotations

import errno
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from pykbroker import __version__
from pykbroker.cli.entry import LEVELS, PROFILES

_LATER = ("check", "completion", "configs", "consume", "dump-log", "groups", "produce", "topics")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_LEVELS = click.Choice(LEVELS, case_sensitive=False)
_EXAMPLES = """\b
Examples:
  pykbroker serve                                      Kafka's defaults: port 9092, data in /tmp/kafka-logs
  pykbroker serve -c log.dirs=data -c listeners=PLAINTEXT://127.0.0.1:0
  pykbroker serve server.properties --profile test
  KAFKA_NUM_PARTITIONS=3 pykbroker serve

\b
Settings are Kafka's own.  The later wins: --profile, FILE, KAFKA_... variables, -c.
Exit codes: 0 stopped as asked, 1 could not go on, 2 wrong option or setting.
"""


class _Commands(click.Group):
    """Each of `_LATER` is imported, from the file of its name, when somebody asks for it: a start does without."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*self.commands, *_LATER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"pykbroker.cli.{name}"), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OSError as fault:
            if fault.errno not in _FULL or fault.filename:
                raise
            from pykbroker.cli.failures import Failed

            raise Failed(f"What this prints cannot be written: {os.strerror(fault.errno)}") from fault


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pykbroker", message="%(prog)s %(version)s")
def main() -> None:
    """A Kafka-compatible broker in Python."""


@main.command(epilog=_EXAMPLES)
@click.argument("file", metavar="[FILE.properties]", required=False, type=_FILE)
@click.option("-c", "settings", metavar="KEY=VALUE", multiple=True, help="Set one of Kafka's properties; repeatable.")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="kafka",
    show_default=True,
    help="test: no initial rebalance delay, and clients are told the address that they used.",
)
@click.option("--ready-file", type=_NEW_FILE, help="Write host:port of each listener there, once clients can connect.")
@click.option(
    "--log-level", type=_LEVELS, default="info", show_default=True, help="How much is said on standard error."
)
def serve(file: Path | None, settings: tuple[str, ...], profile: str, ready_file: Path | None, log_level: str) -> None:
    """Run the broker until SIGTERM or Ctrl-C.

    Prints one line with `Kafka Server started`, the addresses and the data directory once clients can connect.
    """
    from pykbroker.cli.serve import serve_until_stopped

    serve_until_stopped(file, settings, profile=profile, ready_file=ready_file, log_level=log_level)
