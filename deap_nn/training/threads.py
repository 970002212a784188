"""How many threads a training may use, as the engine told its worker."""

import os


def thread_count() -> int:
    """Return the number of threads, at least 1; where no engine has said any, 1."""
    return int(os.environ.get("TF_NUM_INTRAOP_THREADS", "1"))
