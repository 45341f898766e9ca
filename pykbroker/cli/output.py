"""What a person reads: tables, JSON, and a line of progress when something takes longer than a second."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

_QUIET_FOR_S = 1.0
_ROWS_AT_ONCE = 500  # a quarter of a second: rich takes its time, and a person begins to read
_AS_WIDE_AS_NEEDED = 100_000  # a terminal that is narrower breaks the line; a number in pieces could not be read


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, last: Sequence[object] | None = None) -> None:
    """`rows` under `headings`, numbers to the right; None is shown as -, and `last` stands apart below."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Column, Table

    every = [*rows, *([last] if last else [])]
    texts = [[_cell(cell) for cell in row] for row in every]
    columns = []
    for number, heading in enumerate(headings):
        cells = [row[number] for row in every if row[number] is not None]
        to_the_right = bool(cells) and all(isinstance(cell, int) for cell in cells)
        width = max(map(cell_len, [heading, *(row[number] for row in texts)]))
        columns.append((heading, "right" if to_the_right else "left", width))
    console = Console(width=_AS_WIDE_AS_NEEDED, markup=False, highlight=False, emoji=False, soft_wrap=False)
    for first in range(0, max(len(texts), 1), _ROWS_AT_ONCE):
        shown = Table(
            *(Column(name, justify=side, width=width, no_wrap=True) for name, side, width in columns),  # type: ignore[arg-type]
            box=None,
            pad_edge=False,
            header_style="bold",
            padding=(0, 3, 0, 0),
            show_header=first == 0,
        )
        for number, row in enumerate(texts[first : first + _ROWS_AT_ONCE], first):
            shown.add_row(*row, style="bold" if number == len(rows) else None)
        with console.capture() as capture:
            console.print(shown)
        click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _cell(value: object) -> str:
    return "-" if value is None else printable(str(value))


def printable(text: str) -> str:
    """`text` with what a terminal would obey escaped: names and ids come from strangers."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def bytes_text(count: int | None) -> str | None:
    """A size for people: 1.5 MiB."""
    if count is None:
        return None
    size, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size, units = size / 1024, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] == "B" else f"{size:.1f} {units[0]}"


@contextmanager
def progress(what: str, total: int | None = None, *, bytes_: bool = False) -> Iterator[Callable[[int], None]]:
    """A function that is told how much more was done; on a terminal it says so, from the second second on."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    count = DownloadColumn(binary_units=True) if bytes_ else MofNCompleteColumn()
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        count,
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=5,
    )
    task = shown.add_task(what, total=total)
    begun, started = time.monotonic(), False

    def advance(done: int) -> None:
        nonlocal started
        shown.advance(task, done)
        if not started and time.monotonic() - begun > _QUIET_FOR_S:
            started = True
            shown.start()

    try:
        yield advance
    finally:
        if started:
            shown.stop()
