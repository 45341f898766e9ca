"""Modules that trio and construct import, and that a broker has no use for: a twentieth of its start."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_SELDOM = ("hashlib", "hmac", "idna", "pdb", "pickle", "ssl")


class _PutOff(ModuleType):
    """Is loaded when something in it is first used.  `importlib.util.LazyLoader` loads it at its second import."""

    def __getattr__(self, name: str) -> Any:
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        if spec.submodule_search_locations is not None:
            self.__path__ = spec.submodule_search_locations
        spec.loader.exec_module(self)
        return getattr(self, name)


def put_off() -> None:
    """From here on, importing one of them costs nothing."""
    for name in _SELDOM:
        spec = None if name in sys.modules else find_spec(name)
        if spec is not None and spec.loader is not None:
            module = sys.modules[name] = module_from_spec(spec)
            module.__class__ = _PutOff
            vars(module).pop("__path__", None)  # a package is loaded for its modules, too, which need it
