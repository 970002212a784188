"""The description of a setting: its help text, default and range, held as metadata of a dataclass field.

Input: a default, a help text and a range. Output: the dataclass field that declares the setting in `Settings`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Setting:
    """The description of a setting, for `--help` and error messages, and whether a resumed run may change it.

    Attributes:
        help: What it does.
        default: The default in words: what happens if it is not given.
        expected: The range, in words.
        check: Tells whether a value is in the range.
        type: Converts text to a value.
        choices: All possible values, if they are names.
        metavar: The placeholder for its value in `--help`.
        resumable: Whether a resumed run may change it.
        python_only: Whether it has no use on the command line.
    """

    help: str
    default: str
    expected: str
    check: Check
    type: Callable[[str], Any]
    choices: tuple[str, ...] | None = None
    metavar: str | None = None
    resumable: bool = False
    python_only: bool = False


def declare(default: Any, setting: Setting) -> Any:
    """Declare a setting by its full description."""
    return field(default=default, metadata={"setting": setting})


def flag(default: bool, help: str, by_itself: str, *, resumable: bool = False, python_only: bool = False) -> Any:
    """Declare what is either so or not; `by_itself` is the default in words."""

    def is_flag(value: Any) -> bool:
        return isinstance(value, bool)

    described = "True or False"
    setting = Setting(help, by_itself, described, is_flag, bool, resumable=resumable, python_only=python_only)
    return declare(default, setting)


def whole(
    default: int | None,
    help: str,
    low: int,
    *,
    by_itself: str = "",
    resumable: bool = False,
) -> Any:
    """Declare an integer of at least `low`, or None if that is the default; `by_itself` says what None does."""
    check = _or_none(default, lambda value: type(value) is int and value >= low)
    expected = f"a whole number of at least {low}"
    setting = Setting(help, by_itself or str(default), expected, check, int, None, "N", resumable)
    return declare(default, setting)


def number(
    default: float | None,
    help: str,
    expected: str,
    check: Check,
    *,
    metavar: str,
    by_itself: str = "",
    resumable: bool = False,
) -> Any:
    """Declare a finite number in the range that `expected` describes and `check` checks; None as in `whole`."""

    def is_number(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and check(value)

    in_words = by_itself or ("none" if default is None else f"{default:g}")
    full_check = _or_none(default, is_number)
    return declare(default, Setting(help, in_words, expected, full_check, float, None, metavar, resumable))


def above_zero(help: str, expected: str, *, metavar: str, by_itself: str) -> Any:
    """Declare a number above 0 that a resumed run may change, or None; as in `number`."""
    return number(None, help, expected, lambda value: value > 0, metavar=metavar, by_itself=by_itself, resumable=True)


def choice(
    default: str | None,
    help: str,
    choices: tuple[str, ...],
    *,
    by_itself: str = "",
    resumable: bool = False,
) -> Any:
    """Declare one of several names; None as in `whole`."""
    check = _or_none(default, lambda value: value in choices)
    expected = f"one of {', '.join(choices)}"
    return declare(default, Setting(help, by_itself or str(default), expected, check, str, choices, None, resumable))


def _or_none(default: Any, check: Check) -> Check:
    """Return a check that also accepts None if None is the default."""
    return lambda value: default is None if value is None else check(value)
