"""The broker's loggers as a resource: their levels, under Log4j's names.  They last until it stops, as in Kafka."""

from __future__ import annotations

import logging

from pykbroker_protocol.errors import ErrorCode, Refused

ROOT = "root"
_OURS = "pykbroker"
_LEVELS = {
    "DEBUG": logging.DEBUG,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
    "INFO": logging.INFO,
    "TRACE": 5,
    "WARN": logging.WARNING,
}

log = logging.getLogger("pykbroker.broker")


def levels() -> dict[str, str]:
    """The level of each logger, its own or the one that it inherits."""
    return {name: _level_name(logger.getEffectiveLevel()) for name, logger in _loggers().items()}


def check_level(name: str, level: str) -> None:
    """Return if the logger can have the level.

    Raises:
        Refused: INVALID_CONFIG.
    """
    _check_exists(name)
    if level not in _LEVELS:
        raise Refused(
            ErrorCode.INVALID_CONFIG,
            f"Cannot set the log level of {name} to {level} as it is not a supported log level. "
            f"Valid log levels are {', '.join(_LEVELS)}",
        )


def check_unset(name: str) -> None:
    """Return if the logger can inherit its level.

    Raises:
        Refused: INVALID_CONFIG or INVALID_REQUEST.
    """
    _check_exists(name)
    if name == ROOT:
        raise Refused(ErrorCode.INVALID_REQUEST, "Removing the log level of the root logger is not allowed")


def set_level(name: str, level: str | None) -> None:
    """The logger has `level`, or with None inherits it."""
    _loggers()[name].setLevel(logging.NOTSET if level is None else _LEVELS[level])
    log.info("logger changed: logger=%s level=%s", name, level or "inherited")


def _check_exists(name: str) -> None:
    if name not in _loggers():
        raise Refused(ErrorCode.INVALID_CONFIG, f"Logger {name} does not exist!")


def _loggers() -> dict[str, logging.Logger]:
    known = logging.Logger.manager.loggerDict.items()
    ours = {n: known_as for n, known_as in known if isinstance(known_as, logging.Logger) and n.startswith(_OURS)}
    return {ROOT: logging.getLogger(), **ours}


def _level_name(level: int) -> str:
    """The name of the level that is nearest."""
    return min(_LEVELS, key=lambda name: (abs(_LEVELS[name] - level), name))
