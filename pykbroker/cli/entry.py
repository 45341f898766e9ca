"""`pykbroker WORDS`: a broker starts without click, which is a twentieth of its start; the rest is click's.

So is every doubt about what `serve` was asked for: click has the words for what is wrong.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROFILES = ("kafka", "test")
LEVELS = ("debug", "info", "warning", "error")


class Asked(NamedTuple):
    """What `serve` is to do, with the defaults of its options."""

    file: Path | None = None
    settings: tuple[str, ...] = ()
    profile: str = PROFILES[0]
    ready_file: Path | None = None
    log_level: str = "info"


def plain_serve(words: Sequence[str]) -> Asked | None:
    """What `words` ask `serve` for, as click would have read them; None where somebody else has to read them."""
    if words[:1] != ["serve"]:
        return None
    asked, left = Asked(), iter(words[1:])
    for word in left:
        if word.startswith("-"):
            value = next(left, "-")
            read = None if value.startswith("-") else _option(asked, word, value)
        else:
            read = _file(asked, word)
        if read is None:
            return None
        asked = read
    return asked


def _file(asked: Asked, word: str) -> Asked | None:
    is_file = asked.file is None and os.path.isfile(word) and os.access(word, os.R_OK)
    return asked._replace(file=Path(word)) if is_file else None


def _option(asked: Asked, name: str, value: str) -> Asked | None:
    if name == "-c":
        return asked._replace(settings=(*asked.settings, value))
    if name == "--profile" and value in PROFILES:
        return asked._replace(profile=value)
    if name == "--log-level" and value in LEVELS:
        return asked._replace(log_level=value)
    if name == "--ready-file" and not os.path.lexists(value):
        return asked._replace(ready_file=Path(value))
    return None


def main() -> None:
    asked = plain_serve(sys.argv[1:])
    if asked is None:
        from pykbroker.cli.main import main as commands

        commands(prog_name="pykbroker")
        return
    try:
        from pykbroker.cli.serve import serve_until_stopped

        serve_until_stopped(
            asked.file,
            asked.settings,
            profile=asked.profile,
            ready_file=asked.ready_file,
            log_level=asked.log_level,
        )
    except KeyboardInterrupt:  # before there was a broker to stop
        sys.exit("Aborted!")
