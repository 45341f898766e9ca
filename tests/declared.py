"""Every declared message under its name, and random values of it."""

from __future__ import annotations

import importlib
import pkgutil
import random
from typing import Any

import pykbroker_protocol.records
from pykbroker_protocol.all_apis import APIS
from pykbroker_protocol.messages import Message
from pykbroker_protocol.structs import Struct
from pykbroker_protocol.types import Array, Bool, Bytes_, Float64, Nullable, String_, Uuid


def _records() -> list[Message]:
    modules = pkgutil.iter_modules(pykbroker_protocol.records.__path__, "pykbroker_protocol.records.")
    found = [vars(importlib.import_module(module.name)).values() for module in modules]
    return [value for values in found for value in values if isinstance(value, Message)]


MESSAGES: dict[str, Message] = {
    message.name: message
    for message in [*(side for api in APIS.values() for side in (api.request, api.response)), *_records()]
}
VERSIONS = [
    (name, version)
    for name, message in sorted(MESSAGES.items())
    for version in range(message.versions[0], message.versions[1] + 1)
]


def random_message(message: Message, version: int, dice: random.Random) -> Any:
    """A value of `message` with random fields where `version` has them, and defaults elsewhere."""
    return _random_struct(message.struct, version, message.is_flexible(version), dice)


def _random_struct(struct: Struct, version: int, flexible: bool, dice: random.Random) -> Any:
    values = {}
    for field in struct.fields:
        if not field.in_version(version) or (field.tag is not None and (not flexible or dice.random() < 0.5)):
            continue
        values[field.name] = _random_value(field.subcon, version, flexible, dice)
    return struct.type(**values)


def _random_value(subcon: Any, version: int, flexible: bool, dice: random.Random) -> Any:
    if isinstance(subcon, Nullable):
        if version >= subcon.since and dice.random() < 0.3:
            return None
        subcon = subcon.subcon
    if isinstance(subcon, Struct):
        return _random_struct(subcon, version, flexible, dice)
    if isinstance(subcon, Array):
        count = dice.choice([0, 1, 2, 3]) if isinstance(subcon.item, Struct) else dice.choice([0, 1, 2, 130])
        return [_random_value(subcon.item, version, flexible, dice) for _ in range(count)]
    if isinstance(subcon, String_):
        return dice.choice(["", "topic", "é" * 80, "x" * 200, "\N{SNOWMAN}\0"])
    if isinstance(subcon, Bytes_):
        return dice.randbytes(dice.choice([0, 1, 127, 300]))
    if subcon is Uuid:
        return dice.randbytes(16)
    if subcon is Bool:
        return dice.random() < 0.5
    if subcon is Float64:
        return dice.uniform(-1e9, 1e9)
    bits, signed = subcon.length * 8, subcon.fmtstr[1:].islower()
    return dice.randrange(-(1 << bits - 1), 1 << bits - 1) if signed else dice.randrange(1 << bits)
