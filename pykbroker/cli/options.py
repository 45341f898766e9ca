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
    """The KEY=VALUEs of a repeated option.

    Raises:
        Wrong: one has no `=`.
    """
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise Wrong(f"{option} {word} has no value: write {option} {key or 'KEY'}=VALUE".replace("  ", " "))
        found[key] = value
    return found
