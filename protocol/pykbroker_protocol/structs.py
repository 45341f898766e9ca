"""Structs whose fields say in which versions they exist, and the one Python class that each has for all versions.

A field's line carries its gate: `since(3, String)`, `until(12, String)`, `between(1, 4, Int32)`,
`tagged(0, since(12, String))`, `always(Int32, default=-1)`.  Numbers are inclusive.  A field that is absent from a
version, or not given, has its default, which is Kafka's own: zero, "", no items, unless the line says otherwise.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

import construct as c

from .errors import Malformed
from .types import NO_UUID, Array, Bytes_, Nullable, NullableInTag, Sized, String_, Uuid, Uvarint, remaining

_FOREVER = 32767
_ZERO = object()


class Gate(c.Subconstruct):  # type: ignore[misc]
    """What stands on a field's line: the versions that have it, its tag, and its default."""

    def __init__(self, subcon: Any, first: int, last: int, default: Any, tag: int | None = None) -> None:
        super().__init__(subcon)
        self.first, self.last, self.default, self.tag = first, last, default, tag


def always(subcon: Any, default: Any = _ZERO) -> Gate:
    """In every version; for a field whose default is not zero."""
    return Gate(subcon, 0, _FOREVER, default)


def since(first: int, subcon: Any, default: Any = _ZERO) -> Gate:
    """From version `first` on."""
    return Gate(subcon, first, _FOREVER, default)


def until(last: int, subcon: Any, default: Any = _ZERO) -> Gate:
    """Up to version `last`, inclusive."""
    return Gate(subcon, 0, last, default)


def between(first: int, last: int, subcon: Any, default: Any = _ZERO) -> Gate:
    """From version `first` to `last`, inclusive."""
    return Gate(subcon, first, last, default)


def tagged(tag: int, field: Any) -> Gate:
    """Written behind the struct's other fields, and only when it is not its default (KIP-482)."""
    gate = field if isinstance(field, Gate) else always(field)
    subcon = gate.subcon
    if isinstance(subcon, Nullable) and not isinstance(subcon.subcon, Sized):
        subcon = NullableInTag(subcon.subcon, subcon.since)
    return Gate(subcon, gate.first, gate.last, gate.default, tag)


class Field(NamedTuple):
    """One field of a struct, as the interpreter and the compiler both walk it.

    name: as attribute; subcon: the construct that reads it; first, last: versions that have it, inclusive.
    """

    name: str
    subcon: Any
    first: int
    last: int
    default: Any
    tag: int | None

    def in_version(self, version: int) -> bool:
        return self.first <= version <= self.last


class Struct(c.Construct):  # type: ignore[misc]
    """Fields in order, then, in flexible versions, the tagged ones.  `type` is its Python class.

    The classes of nested structs hang on it under Kafka's names: `ProduceResponse.TopicProduceResponse`.
    A default is shared by every message that has it: replace it, never change it in place.
    """

    def __init__(self, *parts: Any) -> None:
        super().__init__()
        self.title = parts[0] if parts and isinstance(parts[0], str) else "Struct"
        self.fields = [_field(part) for part in parts if not isinstance(part, str)]
        self.type = make_type(self.title, self.fields)
        for nested in self.nested():
            setattr(self.type, nested.title, nested.type)

    def rename(self, title: str) -> None:
        """Give the struct of a whole message the message's name."""
        self.title = self.type.__name__ = self.type.__qualname__ = title

    def nested(self) -> Iterator[Struct]:
        """The structs that its fields hold, directly or in arrays."""
        for field in self.fields:
            subcon = field.subcon
            while isinstance(subcon, Nullable | Array):
                subcon = subcon.subcon if isinstance(subcon, Nullable) else subcon.item
            if isinstance(subcon, Struct):
                yield subcon

    def plain_fields(self, version: int) -> list[Field]:
        return [field for field in self.fields if field.tag is None and field.in_version(version)]

    def tagged_fields(self, version: int) -> dict[int, Field]:
        """tag -> field, in the order in which they are written."""
        present = [field for field in self.fields if field.tag is not None and field.in_version(version)]
        return {
            field.tag: field for field in sorted(present, key=lambda field: field.tag or 0) if field.tag is not None
        }

    def _parse(self, stream: io.BytesIO, context: Any, path: str) -> Any:
        version = context._params.version
        values = {field.name: field.default for field in self.fields}
        for field in self.plain_fields(version):
            values[field.name] = field.subcon._parse(stream, context, f"{path}.{field.name}")
        if context._params.flexible:
            self._parse_tags(values, stream, context, path)
        return self.type(**values)

    def _parse_tags(self, values: dict[str, Any], stream: io.BytesIO, context: Any, path: str) -> None:
        known = self.tagged_fields(context._params.version)
        for _ in range(Uvarint._parse(stream, context, path)):
            tag, size = Uvarint._parse(stream, context, path), Uvarint._parse(stream, context, path)
            body = io.BytesIO(c.stream_read(stream, size, path))
            if tag in known:
                values[known[tag].name] = known[tag].subcon._parse(body, context, f"{path}.{known[tag].name}")
                if remaining(body):
                    raise Malformed(f"tag {tag} of {path} is {remaining(body)} bytes too long")

    def _build(self, value: Any, stream: io.BytesIO, context: Any, path: str) -> Any:
        version = context._params.version
        for field in self.plain_fields(version):
            field.subcon._build(getattr(value, field.name), stream, context, f"{path}.{field.name}")
        if context._params.flexible:
            known = self.tagged_fields(version).items()
            present = [(tag, field) for tag, field in known if not same(getattr(value, field.name), field.default)]
            Uvarint._build(len(present), stream, context, path)
            for tag, field in present:
                body = io.BytesIO()
                field.subcon._build(getattr(value, field.name), body, context, f"{path}.{field.name}")
                Uvarint._build(tag, stream, context, path)
                Uvarint._build(len(body.getvalue()), stream, context, path)
                stream.write(body.getvalue())
        return value


def _field(named: Any) -> Field:
    gate = named.subcon if isinstance(named.subcon, Gate) else always(named.subcon)
    default = _zero(gate.subcon) if gate.default is _ZERO else gate.default
    return Field(named.name, gate.subcon, gate.first, gate.last, default, gate.tag)


def _zero(subcon: Any) -> Any:
    """Kafka's default of a type.  A nullable string is "" and not null, unless its line says `default=None`."""
    if isinstance(subcon, Nullable):
        return _zero(subcon.subcon)
    if isinstance(subcon, Struct):
        return subcon.type()
    if isinstance(subcon, Sized):
        return "" if isinstance(subcon, String_) else b"" if isinstance(subcon, Bytes_) else ()
    if subcon is c.Flag:
        return False
    return NO_UUID if subcon is Uuid else 0


def make_type(title: str, fields: list[Field]) -> type:
    """A slotted class with one keyword-only constructor; messages are equal when their fields are."""
    names = [field.name for field in fields]

    def __init__(self: Any, *positional: Any, **values: Any) -> None:
        # Compiled when the first message is made: of most types a process makes none.
        namespace: dict[str, Any] = {f"default_{field.name}": field.default for field in fields}
        arguments = ", ".join(f"{name}=default_{name}" for name in names)
        body = "".join(f"    self.{name} = {name}\n" for name in names) or "    pass\n"
        exec(f"def __init__(self, {'*, ' if names else ''}{arguments}):\n{body}", namespace)
        made.__init__ = namespace["__init__"]  # type: ignore[misc]
        made.__init__(self, *positional, **values)  # type: ignore[misc]

    def __repr__(self: Any) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def __eq__(self: Any, other: object) -> bool:
        return type(other) is type(self) and all(same(getattr(self, n), getattr(other, n)) for n in names)

    members = {"__slots__": tuple(names), "__init__": __init__, "__repr__": __repr__, "__eq__": __eq__}
    made = type(title, (), {**members, "__hash__": None})
    return made


def same(one: Any, other: Any) -> bool:
    """Whether two fields are equal: a list and a tuple of equal items are, so [] is the default ()."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return list(one) == list(other)
    return bool(one == other)
