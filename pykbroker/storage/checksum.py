"""CRC-32C, from the extension of the package crc32c alone.

The package itself asks for its own version when it is imported, and brings a program along: importlib.metadata, email
and argparse, which are a twentieth of a broker's start.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any


def _found() -> Callable[..., int]:
    package = find_spec("crc32c")
    places = package.submodule_search_locations if package is not None else None
    extension = PathFinder.find_spec("_crc32c", places) if places is not None else None
    if extension is None or extension.loader is None:
        from crc32c import crc32c as of_package

        return of_package
    module: Any = module_from_spec(extension)
    extension.loader.exec_module(module)
    function: Callable[..., int] = module.crc32c
    return function


crc32c = _found()
"""(bytes-like, checksum of what is before it) -> the checksum with it; it gives other threads their turn."""
