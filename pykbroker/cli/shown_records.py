"""A record as a line: its value as it is, or with all that belongs to it, or as JSON; the broker's own, decoded."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from pykbroker_protocol.errors import Malformed

from pykbroker.cli.output import printable
from pykbroker.cli.times import time_text
from pykbroker.storage.records import Record
from pykbroker.topics import names

if TYPE_CHECKING:
    from pykbroker.cli.internal_records import Meaning

Printer = Callable[[str, int, Record], None]


_OF_BROKERS = (names.CLUSTER_METADATA, names.GROUP_METADATA, names.TRANSACTION_STATE, names.SHARE_GROUP_STATE)


def printer(topic: str, style: str, verbose: bool) -> Printer:
    """What prints a record of `topic`.  Values go out byte for byte, unless a terminal would obey them."""
    if topic in _OF_BROKERS:
        return lambda topic, partition, record: click.echo(_of_broker(topic, partition, record, style, verbose))
    if style == "json":
        return lambda topic, partition, record: click.echo(as_json(topic, partition, record))
    if verbose:
        return lambda topic, partition, record: click.echo(as_line(topic, partition, record))
    if sys.stdout.isatty():
        return lambda topic, partition, record: click.echo("" if record.value is None else readable(record.value))
    return lambda topic, partition, record: click.echo(record.value or b"")


def _of_broker(topic: str, partition: int, record: Record, style: str, verbose: bool) -> str:
    meaning = meaning_of(topic, record)
    if style == "json":
        return json.dumps({**json.loads(as_json(topic, partition, record)), "decoded": meaning}, ensure_ascii=False)
    place = f"{time_text(record.timestamp)}  {topic}-{partition}@{record.offset}  " if verbose else ""
    return place + printable(in_words(meaning or {}))


def meaning_of(topic: str, record: Record, *, is_control: bool = False) -> Meaning | None:
    """What a record of the broker's own means, or why that cannot be said; None of a client's."""
    from pykbroker.cli.internal_records import decoded  # many messages, which few people want to see

    try:
        return decoded(topic, record, is_control=is_control)
    except Malformed as fault:
        return {"not decoded": str(fault)}


def in_words(meaning: Meaning) -> str:
    spelt = {name: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for name, v in meaning.items()}
    return "  ".join(f"{name} {value}" for name, value in spelt.items())


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
