"""How a command ends that could not do what was asked: one line on standard error that says what to do, and a code."""

from __future__ import annotations

from difflib import get_close_matches
from typing import IO, Any

import click
from pykbroker_protocol.errors import ErrorCode


class Failed(click.ClickException):
    """It could not go on; nothing was wrong with the words."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"pykbroker: {self.format_message()}", file=file, err=file is None)


class Wrong(Failed):
    """It was asked for something wrong: a value, a property, a name that cannot be."""

    exit_code = 2


_WRONG_BY_CODE = {
    ErrorCode.INVALID_CONFIG,
    ErrorCode.INVALID_PARTITIONS,
    ErrorCode.INVALID_REPLICATION_FACTOR,
    ErrorCode.INVALID_REQUEST,
    ErrorCode.INVALID_TOPIC_EXCEPTION,
    ErrorCode.INVALID_GROUP_ID,
}


def refusal(what: str, error_code: int, message: str | None = None, hint: str = "") -> Failed:
    """What the broker refused and why, with `hint` for what to do next."""
    code = ErrorCode(error_code) if error_code in ErrorCode._value2member_map_ else None
    name = code.name if code is not None else f"error {error_code}"
    text = f"{what}: {message.rstrip('.')} ({name})" if message else f"{what}: {name}"
    kind = Wrong if code in _WRONG_BY_CODE else Failed
    return kind(f"{text}; {hint}" if hint else text)


def nearest(name: str, known: list[str], otherwise: str) -> str:
    """`did you mean ...?` if one of `known` is near, else `otherwise`."""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else otherwise
