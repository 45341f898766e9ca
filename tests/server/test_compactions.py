"""The chore that compacts: what is worth it, in a thread, while clients are served."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from asking import opened
