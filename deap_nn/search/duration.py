"""Times as people write them."""

from __future__ import annotations

from deap_nn.errors import InputError

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds_of(text: str | float) -> float:
    """Return a time in seconds: a number, or text such as "90", "90s", "30m", "2h" or "1d".

    Raises:
        InputError: If it is none of these.
    """
    if not isinstance(text, str):
        return text
    number, unit = (text[:-1], text[-1]) if text[-1:] in UNITS else (text, "s")
    try:
        return float(number) * UNITS[unit]
    except ValueError:
        raise InputError(f"received the time {text!r}, expected seconds or a text such as 90s, 30m or 2h") from None
