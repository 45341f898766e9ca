"""Python source that is written line by line and becomes a function, the way attrs makes its methods.

The source stays in `linecache`, so a traceback shows the generated line.
"""

from __future__ import annotations

import linecache
import struct
from collections.abc import Callable
from typing import Any

import construct as c
from pykbroker_protocol.structs import Field, Struct
from pykbroker_protocol.types import Nullable, Uuid


class Source:
    """Lines of one function and the names that it uses from outside."""

    def __init__(self, title: str, signature: str, outside: dict[str, Any]) -> None:
        self.title = title
        self.outside = outside
        self._lines = [f"def {signature}:"]
        self._count = 0

    def emit(self, depth: int, line: str) -> None:
        self._lines.append("    " * depth + line)

    def fresh(self, stem: str) -> str:
        """A name that nothing else in this function has."""
        self._count += 1
        return f"{stem}_{self._count}"

    def bind(self, stem: str, value: Any) -> str:
        """The name under which the function sees `value`."""
        name = self.fresh(stem)
        self.outside[name] = value
        return name

    def function(self) -> Callable[..., Any]:
        """Compile the lines; the function's name is the one in the signature."""
        text = "\n".join(self._lines) + "\n"
        filename = f"<pykbroker codec: {self.title}>"
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        exec(compile(text, filename, "exec"), self.outside)
        name = self._lines[0].removeprefix("def ").partition("(")[0]
        function: Callable[..., Any] = self.outside[name]
        return function


def fixed_format(subcon: Any) -> str | None:
    """The `struct` format of a value of fixed size, or None."""
    if isinstance(subcon, c.FormatField):
        return str(subcon.fmtstr[1:])
    if subcon is c.Flag:
        return "?"
    return "16s" if subcon is Uuid else None


def unwrapped(subcon: Any, version: int) -> tuple[Any, bool]:
    """What is inside Nullable, and whether this version may say null."""
    if isinstance(subcon, Nullable):
        return subcon.subcon, version >= subcon.since
    return subcon, False


def runs(fields: list[Field]) -> list[list[Field]]:
    """`fields` in order, those of fixed size that stand together in one list, each other one alone."""
    grouped: list[list[Field]] = []
    for field in fields:
        if fixed_format(field.subcon) and grouped and fixed_format(grouped[-1][-1].subcon):
            grouped[-1].append(field)
        else:
            grouped.append([field])
    return grouped


def least_bytes(subcon: Any, version: int, flexible: bool) -> int:
    """How many bytes a value takes at least.  An array of n items needs n times that, or its count is a lie."""
    inner, nullable = unwrapped(subcon, version)
    if layout := fixed_format(inner):
        return struct.calcsize(">" + layout)
    if isinstance(inner, Struct):
        if nullable:
            return 1
        fields = inner.plain_fields(version)
        return sum(least_bytes(field.subcon, version, flexible) for field in fields) + flexible
    return 1 if flexible and inner.compact else int(inner.prefix.sizeof())
