"""How means over seeds are printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def with_error(values: Sequence[float]) -> str:
    """Return the mean and, of two values or more, its standard error."""
    error = f" ± {statistics.stdev(values) / len(values) ** 0.5:.0e}" if values[1:] else ""
    return f"{statistics.mean(values):.1e}{error}"
