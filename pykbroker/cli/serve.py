"""`pykbroker serve`: from words on the command line to a running broker, and each expected fault as one line."""

from __future__ import annotations

import gc
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pykbroker import __version__
from pykbroker.cli.seldom import put_off
from pykbroker.config import Config, ConfigInvalid
from pykbroker.config.sources import load

if TYPE_CHECKING:
    from pykbroker.server.app import Ready

_FAILED, _WRONG = 1, 2
_ANY_HOST = re.compile(r"://(\[::\]|0\.0\.0\.0)?:")

log = logging.getLogger("pykbroker.config")


def serve_until_stopped(
    file: Path | None, settings: Sequence[str], *, profile: str, ready_file: Path | None, log_level: str
) -> None:
    """The broker ran and was asked to stop.  Exits with 1 or 2 and a line that says what to do if it could not."""
    logging.basicConfig(
        stream=sys.stderr, level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        config, warnings = load(profile=profile, file=_read(file), environment=os.environ, arguments=settings)
    except ConfigInvalid as refusal:
        _exit(_WRONG, [str(refusal)])
    for warning in warnings:
        log.warning(warning)
    _run(config, ready_file)


def _read(file: Path | None) -> tuple[str, str] | None:
    if file is None:
        return None
    content = file.read_bytes()
    try:
        return str(file), content.decode()
    except UnicodeDecodeError:
        return str(file), content.decode("latin-1")  # what Java takes every properties file for


def _run(config: Config, ready_file: Path | None) -> None:
    gc.disable()  # a start makes much that stays, and the collector would look at it again and again
    put_off()
    import trio

    from pykbroker.server import app
    from pykbroker.server.listener import CannotListen
    from pykbroker.storage.recovery import StorageError

    try:
        trio.run(partial(app.run, config, ready=_announcer(ready_file)))
    except (BaseExceptionGroup, CannotListen, StorageError, _CannotAnnounce) as fault:
        faults = list(_leaves(fault))
        if not all(isinstance(leaf, CannotListen | StorageError | _CannotAnnounce) for leaf in faults):
            raise
        _exit(_FAILED, [str(leaf) for leaf in faults])


class _CannotAnnounce(Exception):
    pass


def _announcer(ready_file: Path | None) -> Callable[[Ready], None]:
    def announce(ready: Ready) -> None:
        gc.freeze()  # what is there by now is left alone for good: a look at all of it keeps clients waiting for 30 ms
        gc.enable()
        places = ", ".join(reachable(address) + _everywhere(address) for address in ready.addresses)
        metrics = f", metrics at {reachable(ready.metrics)}/metrics" if ready.metrics else ""
        line = f"Kafka Server started: pykbroker {__version__} at {places}, data in {ready.data_directory}{metrics}"
        print(line, flush=True)
        if ready_file is not None:
            _write(ready_file, "".join(f"{reachable(address).split('://')[1]}\n" for address in ready.addresses))

    return announce


def reachable(address: str) -> str:
    """The bound address as something to connect to: one that stands for every interface is no host's."""
    return _ANY_HOST.sub("://localhost:", address)


def _everywhere(address: str) -> str:
    return " (every interface)" if _ANY_HOST.search(address) else ""


def _write(path: Path, text: str) -> None:
    """The file appears with all of its text: whoever waits for it never reads half."""
    beginning = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        beginning.write_text(text)
        beginning.replace(path)
    except OSError as fault:
        raise _CannotAnnounce(
            f"The ready file {path} cannot be written: {fault.strerror}; choose another one"
        ) from fault


def _leaves(fault: BaseException) -> Iterator[BaseException]:
    if isinstance(fault, BaseExceptionGroup):
        for inner in fault.exceptions:
            yield from _leaves(inner)
    else:
        yield fault


def _exit(code: int, lines: list[str]) -> NoReturn:
    for line in lines:
        print(f"pykbroker: {line}", file=sys.stderr)
    sys.exit(code)
