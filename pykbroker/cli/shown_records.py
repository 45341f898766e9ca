"""A record as a line: its value as it is, or with all that belongs to it, or as JSON."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

import click

from pykbroker.cli.output import printable
from pykbroker.cli.times import time_text
from pykbroker.storage.records import Record

Printer = Callable[[str, int, Record], None]


def printer(style: str, verbose: bool) -> Printer:
    """What prints a record.  Values go out byte for byte, unless a terminal would obey them."""
    if style == "json":
        return lambda topic, partition, record: click.echo(as_json(topic, partition, record))
    if verbose:
        return lambda topic, partition, record: click.echo(as_line(topic, partition, record))
    if sys.stdout.isatty():
        return lambda topic, partition, record: click.echo("" if record.value is None else readable(record.value))
    return lambda topic, partition, record: click.echo(record.value or b"")


def as_line(topic: str, partition: int, record: Record) -> str:
    key = "" if record.key is None else f"  {readable(record.key)}"
    value = "null" if record.value is None else readable(record.value)
    headers = " ".join(f"{printable(name)}={'null' if v is None else readable(v)}" for name, v in record.headers)
    place = f"{time_text(record.timestamp)}  {topic}-{partition}@{record.offset}"
    return f"{place}{key}  {value}" + (f"  [{headers}]" if headers else "")


def as_json(topic: str, partition: int, record: Record) -> str:
    shown = {
        "topic": topic,
        "partition": partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": _json(record.key),
        "value": _json(record.value),
        "headers": [[name, _json(value)] for name, value in record.headers],
    }
    return json.dumps(shown, ensure_ascii=False)


def _json(value: bytes | None) -> Any:
    """Text, or an object with base64 for what is none."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def readable(value: bytes) -> str:
    """Text with what is not printable escaped."""
    return printable(value.decode(errors="backslashreplace"))
