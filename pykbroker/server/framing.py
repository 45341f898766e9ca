"""Which received bytes are a frame: a four-byte big-endian size, then that many bytes.  Sans-I/O.

A frame that arrives whole is never copied: it is a view of the buffer that every connection of a loop receives into.
What is left in that buffer when a connection's turn ends is copied out, and is small.  A frame too large for that gets
a buffer of its own, once the memory budget has room for it, and the rest of it is received straight into there.
"""

from __future__ import annotations

import struct

from pykbroker_protocol.errors import Malformed

SHARED_BYTES = 64 * 1024
SMALL_FRAME_BYTES = 16 * 1024
"""An unfinished frame up to this size is kept beside its connection, and the memory budget does not count it."""

_SIZE = struct.Struct(">i")


class Inbox:
    """What one connection has received and not yet answered.

    One turn is `room`, `received`, `next_frame` until None, `keep`.  While `wanted_bytes` is not 0 the next frame is a
    large one that has no buffer yet, and nothing may be received before `grant`.
    """

    __slots__ = ("_end", "_filled", "_large", "_max_bytes", "_start", "_view", "wanted_bytes")

    def __init__(self, max_frame_bytes: int) -> None:
        self._max_bytes = max_frame_bytes
        self._view: memoryview = _NOTHING
        self._start = 0
        self._end = 0
        self._large: bytearray | None = None
        self._filled = 0
        self.wanted_bytes = 0

    def __len__(self) -> int:
        """Bytes held that no frame was made of yet."""
        return self._end - self._start + self._filled

    def room(self, shared: memoryview) -> memoryview:
        """Where the next bytes belong: in the large frame under way, or in `shared` behind what was kept."""
        if self._large is not None:
            return memoryview(self._large)[self._filled :]
        kept = self._end - self._start
        if kept:
            shared[:kept] = self._view[self._start : self._end]
        self._view, self._start, self._end = shared, 0, kept
        return shared[kept:] if kept else shared

    def received(self, nbytes: int) -> None:
        """`nbytes` were written to the start of the last `room`."""
        if self._large is not None:
            self._filled += nbytes
        else:
            self._end += nbytes

    def next_frame(self) -> memoryview | None:
        """The next whole frame without its size; None when more bytes, or a `grant`, are needed first.

        Raises:
            Malformed: the announced size is negative or over the limit.
        """
        if self._large is not None:
            return self._finished_large()
        start = self._start
        if self._end - start < 4:
            return None
        (size,) = _SIZE.unpack_from(self._view, start)
        if not 0 <= size <= self._max_bytes:
            raise Malformed(f"a frame of {size} bytes; socket.request.max.bytes is {self._max_bytes}")
        end = start + 4 + size
        if end > self._end:
            if size > SMALL_FRAME_BYTES:
                self.wanted_bytes = size
            return None
        self._start = end
        return self._view[start + 4 : end]

    def grant(self, buffer: bytearray) -> None:
        """The large frame now has `buffer`, of `wanted_bytes`, to itself."""
        self._large = buffer
        self._filled = self._end - self._start - 4
        self._large[: self._filled] = self._view[self._start + 4 : self._end]
        self._view, self._start, self._end = _NOTHING, 0, 0
        self.wanted_bytes = 0

    def keep(self) -> None:
        """Nothing in here refers to the shared buffer any more."""
        if self._start == self._end:
            self._view, self._start, self._end = _NOTHING, 0, 0
        elif not self._view.readonly:
            self._view = memoryview(bytes(self._view[self._start : self._end]))
            self._start, self._end = 0, len(self._view)

    def _finished_large(self) -> memoryview | None:
        large = self._large
        assert large is not None
        if self._filled < len(large):
            return None
        self._large, self._filled = None, 0
        return memoryview(large)


_NOTHING = memoryview(b"")
