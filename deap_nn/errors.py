"""The exception for what a user can mend, and the one for memory that is used up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

OF_MEMORY = ("ResourceExhaustedError", "OutOfMemoryError")
"""The names of TensorFlow's and PyTorch's exceptions."""

SAID_OF_MEMORY = ("RESOURCE_EXHAUSTED", "CUDA error: out of memory", "CUDA_ERROR_OUT_OF_MEMORY", "STATUS_ALLOC_FAILED")
"""What the messages of JAX's and CUDA's contain."""


class InputError(ValueError):
    """Something that was given cannot be used; the message says what was received, what is expected, how to mend it.

    Only deliberate refusals raise it. Any other `ValueError` is an error in the program, and shown as one.
    """


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn what a framework raises when it runs out of memory into a MemoryError."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ in OF_MEMORY or any(words in str(error) for words in SAID_OF_MEMORY):
            raise MemoryError(str(error).splitlines()[0]) from error
        raise
