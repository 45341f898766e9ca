"""What the value of a property may be: Kafka's types, Kafka's valid values, and Kafka's words when it refuses.

A property is declared once, as a typed attribute; its row carries the texts that Kafka's own configuration prints.
Source: ConfigDef, 4.3.1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar, overload

T = TypeVar("T")
Check = Callable[[str, Any], None]
"""(property name, parsed value); raises ConfigInvalid."""

_BLANK = "".join(map(chr, range(33)))  # what Java's trim() takes away; str.strip() alone takes more
_INTEGER = re.compile(r"[+-]?\d+")
_DOUBLE = re.compile(r"[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)")
_RANGE = re.compile(r"\[(-?\d+),\.\.\.(?:,(-?\d+))?\](?: or (-?\d+))?")
_CHOICE = re.compile(r"(\(case insensitive\) )?\[([\w, ]+)\]")
_REPLICA = re.compile(r"[0-9]+:[0-9]+")
_THROTTLED = "[partitionId]:[brokerId],[partitionId]:[brokerId],..."


class ConfigInvalid(Exception):
    """A property has a value that it cannot have, or does not exist; the message says which and why."""


class Contradiction(ConfigInvalid):
    """Properties that are right one by one cannot be so together."""


def refused(name: str, value: object, why: str) -> ConfigInvalid:
    shown = f"[{', '.join(value)}]" if isinstance(value, tuple) else value
    return ConfigInvalid(f"Invalid value {shown} for configuration {name}: {why}")


@dataclass(frozen=True, slots=True)
class Property(Generic[T]):
    """One row of a table: `default` and `valid` are Kafka's texts, `does` is what a change of it does here.

    On a class, the attribute is the row.  On an instance it is the value: instances keep their values in `__dict__`,
    which Python asks first, so reading one costs what any attribute costs.
    """

    default: str | None
    valid: str = ""
    does: str = ""
    differs: str = ""  # how ours is not Kafka's, and why
    later: str = ""  # why it has no effect
    kafka_default: str | None = None  # only where ours is another
    filled: bool = False  # a list that must not be empty
    broker: tuple[str, ...] = ()  # of a topic's property: the broker's that give its default, the first one set wins

    kind: ClassVar[str]

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Self | T:
        assert instance is None, "an instance has every property in its __dict__"
        return self

    def read(self, name: str, text: str) -> T:
        """The value that `text` stands for; raises ConfigInvalid in Kafka's words."""
        value = self.parse(name, text.strip(_BLANK), text)
        check_for(self.valid)(name, value)
        return value

    def of_default(self, name: str) -> T | None:
        return None if self.default is None else self.read(name, self.default)

    def parse(self, name: str, text: str, given: str) -> T:
        raise NotImplementedError


class _Whole(Property[T]):
    bits: ClassVar[int]

    def parse(self, name: str, text: str, given: str) -> T:
        number = int(text) if _INTEGER.fullmatch(text) else None
        if number is None or not -(1 << self.bits - 1) <= number < 1 << self.bits - 1:
            raise refused(name, given, f"Not a number of type {self.kind.upper()}")
        return number  # type: ignore[return-value]  # T is int or int | None


class Int(_Whole[int]):
    kind, bits = "int", 32


class Short(_Whole[int]):
    kind, bits = "short", 16


class Long(_Whole[int]):
    kind, bits = "long", 64


class MaybeInt(_Whole[int | None]):
    kind, bits = "int", 32


class MaybeLong(_Whole[int | None]):
    kind, bits = "long", 64


class Double(Property[float]):
    kind = "double"

    def parse(self, name: str, text: str, given: str) -> float:
        if not _DOUBLE.fullmatch(text):
            raise refused(name, given, "Not a number of type DOUBLE")
        return float(text if text.endswith(("NaN", "Infinity")) else text.rstrip("fFdD"))


class Boolean(Property[bool]):
    kind = "boolean"

    def parse(self, name: str, text: str, given: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise refused(name, given, "Expected value to be either true or false")
        return text.lower() == "true"


class _Text(Property[T]):
    def parse(self, name: str, text: str, given: str) -> T:
        return text  # type: ignore[return-value]  # T is str or str | None


class String(_Text[str]):
    kind = "string"


class MaybeString(_Text[str | None]):
    kind = "string"


class Class(_Text[str | None]):
    kind = "class"


class Password(_Text[str | None]):
    kind = "password"


class _Words(Property[T]):
    kind = "list"

    def parse(self, name: str, text: str, given: str) -> T:
        words = re.split(r"\s*,\s*", text) if text else []
        if "" in words:
            raise ConfigInvalid(f"Configuration '{name}' values must not be empty.")
        if self.filled and not words:
            raise ConfigInvalid(f"Configuration '{name}' must not be empty. Valid values include: any non-empty value")
        return tuple(dict.fromkeys(words))  # type: ignore[return-value]  # T is tuple[str, ...], or that or None


class List(_Words[tuple[str, ...]]):
    """Kafka drops what is said twice, and so do we."""


class MaybeList(_Words[tuple[str, ...] | None]):
    pass


def as_text(value: object) -> str | None:
    """A parsed value as Kafka prints it."""
    if value is None:
        return None
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, float):
        return _double_as_text(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _double_as_text(value: float) -> str:
    """As Java writes a double: with an exponent below 0.001 and from ten million on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    from decimal import Decimal  # which few need

    digits, _, exponent = f"{Decimal(repr(value)):e}".partition("e")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{digits}{'' if '.' in digits else '.0'}E{int(exponent)}"


def check_for(valid: str) -> Check:
    """The check that Kafka's text for valid values stands for; one without bounds ("non-null string") passes all."""
    if bounds := _RANGE.fullmatch(valid):
        low, high, also = (None if bound is None else int(bound) for bound in bounds.groups())
        return _within(low, high, also)
    if valid == _THROTTLED:
        return _throttled
    if choice := _CHOICE.fullmatch(valid):
        return _one_of(choice[2].split(", "), any_case=bool(choice[1]))
    return lambda name, value: None


def _within(low: int | None, high: int | None, also: int | None) -> Check:
    def check(name: str, value: float) -> None:
        if also is not None:
            if value != also and not (low or 0) <= value <= (high or 0):
                raise refused(name, value, f"Value must be between {low} and {high} or equal to {also}")
        elif low is not None and value < low:
            raise refused(name, value, f"Value must be at least {low}")
        elif high is not None and value > high:
            raise refused(name, value, f"Value must be no more than {high}")

    return check


def _one_of(choices: list[str], *, any_case: bool) -> Check:
    def check(name: str, value: str | tuple[str, ...]) -> None:
        for word in (value,) if isinstance(value, str) else value:
            if (word.upper() if any_case else word) not in choices:
                words = " (case insensitive)" if any_case else ""
                raise refused(name, word, f"String must be one of{words}: {', '.join(choices)}")

    return check


def _throttled(name: str, value: tuple[str, ...]) -> None:
    if value and value != ("*",) and not all(map(_REPLICA.fullmatch, value)):
        why = f"{name} must be the literal '*' or a list of replicas in the following format: {_THROTTLED}"
        raise refused(name, value, why)


class Values:
    """What the properties of one table are set to.  Frozen; an attribute is a property's name with `_` for `.`"""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")

    @classmethod
    def table(cls) -> dict[str, Property[Any]]:
        """Every row under its property's name, in the order of declaration."""
        rows: dict[str, Property[Any]] = {}
        for base in reversed(cls.__mro__):
            rows |= {k.replace("_", "."): v for k, v in vars(base).items() if isinstance(v, Property)}
        return rows
