def note(plain: bytes | memoryview, count: int, base_offset: int, offsets: dict[bytes, int], /) -> int: ...
def kept(
    plain: bytes | memoryview,
    count: int,
    base_offset: int,
    base_timestamp: int,
    offsets: dict[bytes, int],
    tombstones: bool,
    /,
) -> tuple[bytes | None, int, int, bool]: ...
def take(block: memoryview, values: dict[bytes, bytes], /) -> int: ...
