"""`meta.properties`: whose data this directory holds.  A Java properties file, version 1."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from .files import replace_file
from .names import META_PROPERTIES

_VERSION = "1"
_ESCAPED = re.compile(r"\\(.)")


class MetaProperties(NamedTuple):
    cluster_id: str
    node_id: int
    directory_id: str  # "" in a directory of before KIP-858


class BadProperties(ValueError):
    """`meta.properties` is there and says nothing that can be used."""


def read_properties(directory: Path) -> MetaProperties | None:
    """None if the directory is new.

    Raises:
        BadProperties: the file is damaged or of another version.
    """
    path = directory / META_PROPERTIES
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    words = {}
    for line in lines:
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith(("#", "!")):
            words[key.strip()] = _ESCAPED.sub(r"\1", value.strip())
    if words.get("version") != _VERSION:
        raise BadProperties(f"{path}: version {words.get('version')!r}, only {_VERSION!r} is known")
    try:
        return MetaProperties(words["cluster.id"], int(words["node.id"]), words.get("directory.id", ""))
    except (KeyError, ValueError) as fault:
        raise BadProperties(f"{path}: cluster.id or node.id is missing or damaged: {fault}") from fault


def write_properties(directory: Path, properties: MetaProperties) -> None:
    lines = {
        "cluster.id": properties.cluster_id,
        "directory.id": properties.directory_id,
        "node.id": properties.node_id,
        "version": _VERSION,
    }
    replace_file(directory / META_PROPERTIES, "".join(f"{key}={value}\n" for key, value in lines.items()).encode())
