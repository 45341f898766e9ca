"""From a declaration and a version to a straight-line writer of its values.

A writer is `write(value, out, cuts)`: it appends to the bytearray `out`.  Record batches are not copied into it: each
is noted in `cuts` as (position in `out`, batches), and `pykbroker.codec` joins the two as chunks.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from pykbroker_protocol.structs import Struct, same
from pykbroker_protocol.types import MAX_STRING_BYTES, Array, Records_, Sized, String_

from .source import Source, fixed_format, runs, unwrapped


class Unwritable(Exception):
    """A text in the value is longer than any text on the wire; what a client sent is part of it."""


class Encoded:
    """Items of an array as they stand on the wire in one version, for whoever answers with the same again and again."""

    __slots__ = ("_count", "data")

    def __init__(self, count: int, data: bytes) -> None:
        self._count, self.data = count, data

    def __len__(self) -> int:
        return self._count


Cuts = list[tuple[int, Any]]
Writer = Callable[[Any, bytearray, Cuts], None]


def compile_writer(struct_: Struct, version: int, flexible: bool) -> Writer:
    """Write the writer of `struct_` in `version`."""
    return _Writing(f"{struct_.title} v{version} write", version, flexible).of(struct_)


def compile_items_writer(struct_: Struct, path: tuple[str, ...], version: int, flexible: bool) -> Writer:
    """Write the writer of many items: of the array that `path` names, field by field, in `struct_`."""
    inner: Any = struct_
    for name in path:
        (field,) = (field for field in inner.fields if field.name == name)
        inner = unwrapped(field.subcon, version)[0].item
    return _Writing(f"{struct_.title} {'.'.join(path)} v{version} write", version, flexible).of_each(inner)


def write_uvarint(out: bytearray, value: int) -> None:
    """Append `value` as an unsigned varint."""
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def write_tags(value: Any, out: bytearray, known: list[tuple[int, str, Any, Writer]]) -> None:
    """Append those tagged fields of `value` that are not their default."""
    present = [
        (tag, field, write)
        for tag, name, default, write in known
        if (field := getattr(value, name)) is not default and not same(field, default)
    ]
    write_uvarint(out, len(present))
    for tag, field, write in present:
        body = bytearray()
        write(field, body, [])  # no tagged field holds records
        write_uvarint(out, tag)
        write_uvarint(out, len(body))
        out += body


def too_long(nbytes: int) -> Unwritable:
    return Unwritable(f"a text of {nbytes} bytes; {MAX_STRING_BYTES} are the most")


def records_length(records: Any) -> int:
    """How many bytes `records` are: bytes-like, or a slice of a file that knows its `length`."""
    return len(records) if isinstance(records, bytes | memoryview | bytearray) else int(records.length)


class _Writing:
    """The writing of one writer."""

    def __init__(self, title: str, version: int, flexible: bool) -> None:
        self.title, self.version, self.flexible = title, version, flexible
        outside = {
            "uvarint": write_uvarint,
            "write_tags": write_tags,
            "records_length": records_length,
            "too_long": too_long,
            "Encoded": Encoded,
        }
        self.source = Source(title, "write(value, out, cuts)", outside)
        self.emit = self.source.emit

    def of(self, subcon: Any) -> Writer:
        self.emit(1, "pass")
        self.value(1, "value", subcon)
        return self.source.function()

    def of_each(self, subcon: Any) -> Writer:
        self.emit(1, "for item in value:")
        self.value(2, "item", subcon)
        return self.source.function()

    def value(self, depth: int, expression: str, subcon: Any) -> None:
        """Emit the writing of one value."""
        inner, nullable = unwrapped(subcon, self.version)
        if layout := fixed_format(inner):
            self.fixed(depth, [(expression, layout)])
        elif isinstance(inner, Struct):
            if nullable:
                self.emit(depth, f"if {expression} is None: out.append({subcon.absent & 0xFF})")
                self.emit(depth, "else:")
                self.emit(depth + 1, "out.append(1)")
            self.struct(depth + nullable, expression, inner)
        else:
            variable = self.source.fresh("v")
            self.emit(depth, f"{variable} = {expression}")
            if nullable:
                self.emit(depth, f"if {variable} is None:")
                self.length(depth + 1, inner, None)
                self.emit(depth, "else:")
            self.sized(depth + nullable, variable, inner)

    def sized(self, depth: int, variable: str, inner: Any) -> None:
        if isinstance(inner, Array):
            self.length(depth, inner, f"len({variable})")
            item = self.source.fresh("item")
            if isinstance(inner.item, Struct):
                self.emit(depth, f"if type({variable}) is Encoded: out += {variable}.data; {variable} = ()")
            self.emit(depth, f"for {item} in {variable}:")
            self.value(depth + 1, item, inner.item)
        elif isinstance(inner, Records_):
            self.length(depth, inner, f"records_length({variable})")
            self.emit(depth, f"cuts.append((len(out), {variable}))")
        else:
            if isinstance(inner, String_):
                self.emit(depth, f"{variable} = {variable}.encode()")
                self.emit(depth, f"if len({variable}) > {MAX_STRING_BYTES}: raise too_long(len({variable}))")
            self.length(depth, inner, f"len({variable})")
            self.emit(depth, f"out += {variable}")

    def length(self, depth: int, sized: Sized, length: str | None) -> None:
        """Emit the writing of a length; None is null."""
        if not (self.flexible and sized.compact):
            pack = self.source.bind("pack", struct.Struct(sized.prefix.fmtstr).pack)
            self.emit(depth, f"out += {pack}({length or -1})")
        elif length is None:
            self.emit(depth, "out.append(0)")
        else:
            self.emit(depth, f"n = {length} + 1")
            self.emit(depth, "if n < 0x80: out.append(n)")
            self.emit(depth, "else: uvarint(out, n)")

    def fixed(self, depth: int, values: list[tuple[str, str]]) -> None:
        """Emit one pack for values of fixed size that stand together: (expression, format) of each."""
        layout = struct.Struct(">" + "".join(form for _, form in values))
        pack = self.source.bind("pack", layout.pack)
        self.emit(depth, f"out += {pack}({', '.join(expression for expression, _ in values)})")

    def struct(self, depth: int, expression: str, inner: Struct) -> None:
        self.emit(depth, "pass")
        for run in runs(inner.plain_fields(self.version)):
            if fixed_format(run[0].subcon):
                self.fixed(depth, [(f"{expression}.{f.name}", fixed_format(f.subcon) or "") for f in run])
            else:
                self.value(depth, f"{expression}.{run[0].name}", run[0].subcon)
        if self.flexible:
            self.tags(depth, expression, inner)

    def tags(self, depth: int, expression: str, inner: Struct) -> None:
        known = [
            (tag, field.name, field.default, _Writing(f"{self.title} tag {tag}", self.version, True).of(field.subcon))
            for tag, field in inner.tagged_fields(self.version).items()
        ]
        if known:
            self.emit(depth, f"write_tags({expression}, out, {self.source.bind('known', known)})")
        else:
            self.emit(depth, "out.append(0)")
