"""From a declaration and a version to a straight-line reader of its bytes.

A reader is `read(buffer, position, end, room) -> (value, position, room)`.  `buffer` is a memoryview that ends at
`end`: reading past it raises, and every length is checked against it, so a lying count can neither allocate nor loop.
Each item of an array and each tagged field takes one of `room`, what is left of it comes back, and without room it
raises: a count that is true is bounded as well.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from pykbroker_protocol.errors import Malformed
from pykbroker_protocol.structs import Struct
from pykbroker_protocol.types import (
    MAX_STRING_BYTES,
    Array,
    ClassicString,
    Nullable,
    Records_,
    String_,
    Uvarint,
    checked,
)

from .source import Source, fixed_format, least_bytes, runs, unwrapped

Reader = Callable[[memoryview, int, int, int], tuple[Any, int, int]]


def compile_reader(struct_: Struct, version: int, flexible: bool) -> Reader:
    """Write the reader of `struct_` in `version`."""
    return _Reading(f"{struct_.title} v{version} read", version, flexible).of(struct_)


def read_uvarint(buffer: memoryview, position: int) -> tuple[int, int]:
    """An unsigned varint of at most 31 bits, and the position behind it."""
    value = shift = 0
    while shift < 35:
        byte = buffer[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > 0x7FFFFFFF:
                break
            return value, position
        shift += 7
    raise Malformed("a varint is longer than 31 bits")


def read_tags(
    buffer: memoryview, position: int, end: int, room: int, value: Any, known: dict[int, tuple[str, Reader]]
) -> tuple[int, int]:
    """Read tagged fields into `value` and step over unknown ones; the position behind them, and the room that is left.

    Raises:
        Malformed: there are more than `room`, or one runs past the end.
    """
    count, position = read_uvarint(buffer, position)
    if count > room:
        raise too_many(f"{count} tagged fields")
    room -= count
    for _ in range(count):
        tag, position = read_uvarint(buffer, position)
        size, position = read_uvarint(buffer, position)
        if size > end - position:
            raise Malformed(f"tag {tag} runs past the end")
        if tag in known:
            name, read = known[tag]
            field, behind, room = read(buffer[: position + size], position, position + size, room)
            if behind != position + size:
                raise Malformed(f"tag {tag} is {position + size - behind} bytes too long")
            setattr(value, name, field)
        position += size
    return position, room


def too_many(what: str) -> Malformed:
    return Malformed(f"{what} are more than one message may hold")


class _Reading:
    """The writing of one reader."""

    def __init__(self, title: str, version: int, flexible: bool) -> None:
        self.title, self.version, self.flexible = title, version, flexible
        outside = {
            "Malformed": Malformed,
            "new": object.__new__,
            "uvarint": read_uvarint,
            "read_tags": read_tags,
            "too_many": too_many,
            "checked": checked,
        }
        self.source = Source(title, "read(buf, pos, end, room)", outside)
        self.emit = self.source.emit

    def of(self, subcon: Any) -> Reader:
        value = self.value(1, "value", subcon)
        self.emit(1, f"return {value}, pos, room")
        return self.source.function()

    def value(self, depth: int, name: str, subcon: Any) -> str:
        """Emit the reading of one value; returns the name of the variable that holds it."""
        inner, nullable = unwrapped(subcon, self.version)
        if isinstance(inner, Struct):
            return self.nullable_struct(depth, name, subcon) if nullable else self.struct(depth, inner)
        if layout := fixed_format(inner):
            (variable,) = self.fixed(depth, [(name, layout)])
            return variable
        variable, length = self.source.fresh(name), self.length(depth, inner)
        self.emit(depth, f"if {length} < 0:")
        self.emit(depth + 1, f"{variable} = None" if nullable else f"raise Malformed('{name} is null')")
        least = least_bytes(inner.item, self.version, self.flexible) if isinstance(inner, Array) else 1
        self.emit(depth, f"elif {length}{f' * {least}' if least > 1 else ''} > end - pos:")
        self.emit(depth + 1, f"raise Malformed(f'{name} of {{{length}}} runs past the end')")
        self.emit(depth, "else:")
        if isinstance(inner, Array):
            self.emit(depth + 1, f"if {length} > room: raise too_many(f'{name} of {{{length}}}')")
            self.emit(depth + 1, f"room -= {length}")
            self.items(depth + 1, name, inner, variable, length)
        else:
            self.bytes(depth + 1, name, inner, variable, length)
        return variable

    def length(self, depth: int, sized: Any) -> str:
        length = self.source.fresh("n")
        if self.flexible and sized.compact:
            self.emit(depth, f"{length} = buf[pos]; pos += 1")
            self.emit(depth, f"if {length} > 0x7F: {length}, pos = uvarint(buf, pos - 1)")
            self.emit(depth, f"{length} -= 1")
        else:
            layout = struct.Struct(sized.prefix.fmtstr)
            unpack = self.source.bind("unpack", layout.unpack_from)
            self.emit(depth, f"{length}, = {unpack}(buf, pos); pos += {layout.size}")
        return length

    def bytes(self, depth: int, name: str, inner: Any, variable: str, length: str) -> None:
        if isinstance(inner, String_):
            if inner is not ClassicString and self.flexible:
                self.emit(
                    depth,
                    f"if {length} > {MAX_STRING_BYTES}: raise Malformed(f'{name} is a string of {{{length}}} bytes')",
                )
            self.emit(depth, f"{variable} = str(buf[pos:pos + {length}], 'utf-8', 'replace')")
            self.emit(depth, f"if {length} > {MAX_STRING_BYTES // 3}: checked({variable}, '{name}')")
        elif isinstance(inner, Records_):
            self.emit(depth, f"{variable} = buf[pos:pos + {length}]")  # never copied
        else:
            self.emit(depth, f"{variable} = buf[pos:pos + {length}].tobytes()")
        self.emit(depth, f"pos += {length}")

    def items(self, depth: int, name: str, inner: Array, variable: str, length: str) -> None:
        item, layout = inner.item, fixed_format(inner.item)
        if layout and layout not in ("?", "16s"):
            unpack, size = self.source.bind("unpack", struct.unpack_from), struct.calcsize(">" + layout)
            self.emit(
                depth, f"{variable} = list({unpack}('>%d{layout}' % {length}, buf, pos)); pos += {length} * {size}"
            )
            return
        self.emit(depth, f"{variable} = []")
        self.emit(depth, f"for _ in range({length}):")
        self.emit(depth + 1, f"{variable}.append({self.value(depth + 1, name, item)})")

    def fixed(self, depth: int, fields: list[tuple[str, str]]) -> list[str]:
        """Emit one unpack for values of fixed size that stand together: (name, format) of each."""
        layout = struct.Struct(">" + "".join(form for _, form in fields))
        variables = [self.source.fresh(name) for name, _ in fields]
        unpack = self.source.bind("unpack", layout.unpack_from)
        self.emit(depth, f"{', '.join(variables)}, = {unpack}(buf, pos); pos += {layout.size}")
        return variables

    def nullable_struct(self, depth: int, name: str, subcon: Nullable) -> str:
        variable, inner = self.source.fresh(name), subcon.subcon
        if subcon.presence is Uvarint:
            presence = self.source.fresh("presence")
            self.emit(depth, f"{presence}, pos = uvarint(buf, pos)")
        else:
            (presence,) = self.fixed(depth, [("presence", "b")])
        self.emit(depth, f"if {presence} <= {subcon.absent}:")
        self.emit(depth + 1, f"{variable} = None")
        self.emit(depth, "else:")
        self.emit(depth + 1, f"{variable} = {self.struct(depth + 1, inner)}")
        return variable

    def struct(self, depth: int, inner: Struct) -> str:
        values: dict[str, str] = {}
        for run in runs(inner.plain_fields(self.version)):
            names = [field.name for field in run]
            if fixed_format(run[0].subcon):
                formats = [fixed_format(field.subcon) or "" for field in run]
                values |= zip(names, self.fixed(depth, list(zip(names, formats, strict=True))), strict=True)
            else:
                values[names[0]] = self.value(depth, names[0], run[0].subcon)
        variable = self.source.fresh("struct")
        self.emit(depth, f"{variable} = new({self.source.bind('Type', inner.type)})")
        for field in inner.fields:
            value = values.get(field.name) or self.source.bind("default", field.default)
            self.emit(depth, f"{variable}.{field.name} = {value}")
        if self.flexible:
            self.tags(depth, inner, variable)
        return variable

    def tags(self, depth: int, inner: Struct, variable: str) -> None:
        known = {
            tag: (field.name, _Reading(f"{self.title} tag {tag}", self.version, True).of(field.subcon))
            for tag, field in inner.tagged_fields(self.version).items()
        }
        self.emit(depth, "if buf[pos]:")
        self.emit(
            depth + 1, f"pos, room = read_tags(buf, pos, end, room, {variable}, {self.source.bind('known', known)})"
        )
        self.emit(depth, "else:")
        self.emit(depth + 1, "pos += 1")
