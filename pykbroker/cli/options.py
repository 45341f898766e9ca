"""Options that several commands have, each spelt once."""

from __future__ import annotations

import click

from pykbroker.cli.failures import Wrong

connects = click.option(
    "-b",
    "--bootstrap-server",
    "bootstrap",
    metavar="HOST:PORT",
    default="localhost:9092",
    envvar="PYKBROKER_BOOTSTRAP_SERVER",
    show_default=True,
    show_envvar=True,
    help="Where a broker is; several with commas.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    """The KEY=VALUEs of a repeated option, or of arguments if it is "".

    Raises:
        Wrong: one has no `=`.
    """
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            before = f"{option} " if option else ""
            raise Wrong(f"{before}{word} has no value: write {before}{key or 'KEY'}=VALUE")
        found[key] = value
    return found
