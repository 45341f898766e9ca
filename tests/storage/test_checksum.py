"""The checksum is CRC-32C, whichever way it was found."""

import importlib.machinery

import crc32c as package

from pykbroker.storage import checksum

CHECK = 0xE3069283  # of b"123456789", by the catalogue of CRCs


def test_what_is_computed_is_crc32c():
    assert checksum.crc32c(b"123456789") == CHECK


def test_a_checksum_goes_on_from_what_is_before():
    assert checksum.crc32c(memoryview(b"56789"), checksum.crc32c(b"1234")) == CHECK


def test_a_package_without_the_extension_is_asked_itself(monkeypatch):
    monkeypatch.setattr(importlib.machinery.PathFinder, "find_spec", lambda *_: None)
    assert checksum._found() is package.crc32c
