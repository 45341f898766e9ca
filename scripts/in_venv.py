"""Imported first by the scripts here that need the project's packages: they go on in .venv, made ready if need be."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_PYTHON = _ROOT / ".venv" / "bin" / "python"

if Path(sys.prefix) != _PYTHON.parent.parent:
    subprocess.run([_ROOT / "scripts" / "setup", "dev"], check=True)
    os.execv(_PYTHON, [str(_PYTHON), *sys.argv])
