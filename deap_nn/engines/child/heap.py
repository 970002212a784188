"""The C library's heap in a child: it keeps what a training frees, for the training's next step.

By default, glibc gets large blocks from the kernel and returns them when they are freed. A training allocates and
frees the same tensors in every step, so the kernel would create and clear their pages again each time. C libraries
other than glibc are left alone.
"""

from __future__ import annotations

import contextlib
import ctypes

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8


def keep_freed_blocks() -> None:
    """Let this process keep all memory that it frees, until `give_back`. Call this before starting threads."""
    with contextlib.suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(_M_TRIM_THRESHOLD, -1)  # Keep the end of the heap, however much of it is free
        set_option(_M_MMAP_MAX, 0)  # Give no block a mapping of its own
        set_option(_M_ARENA_MAX, 1)  # Per-thread heaps are too small for large blocks


def give_back() -> None:
    """Return free memory to the kernel."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
