"""The C library's heap in a child: it keeps what a training frees, for the training's next step.

Left to itself, glibc fetches large blocks from the kernel and hands them back when they are freed. A training takes
and frees the same tensors in every step, so the kernel would make their pages anew, and clear them, again and again.
Other C libraries than glibc are left alone.
"""

from __future__ import annotations

import contextlib
import ctypes

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8


def keep_freed_blocks() -> None:
    """Let this process keep all memory that it frees, until `give_back`. To be called before threads are started."""
    with contextlib.suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(_M_TRIM_THRESHOLD, -1)  # the end of the heap is kept, however much of it is free
        set_option(_M_MMAP_MAX, 0)  # no block is a mapping of its own
        set_option(_M_ARENA_MAX, 1)  # the heaps of single threads are too small for large blocks


def give_back() -> None:
    """Hand the memory that is free back to the kernel."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
