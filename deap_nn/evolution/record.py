"""The record of an evaluation: how it ended and what it wrote down. In a journal, a JSON object of the same names."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from deap_nn.status import Status


@dataclass(frozen=True)
class Record:
    """What became of an evaluation. Fields that have no value are no part of its JSON.

    Attributes:
        status: How it ended.
        reason: Why, in one line; empty if it is ok.
        seed: Of the training.
        worker: Where it ran, `host:pid`.
        device: The GPU, or "cpu".
        seconds: What its steps took: `load` (data), `train` (building included).
        network: The layers as built, one line each.
        parameters: Number of weights; None also where a layer of a user's own would have to be asked.
        history: Per metric one number per epoch that was run.
        epochs: How many were run.
        repetition: Which of several evaluations of the genome, where it is not the first, number 0.
        budget: The share of a full training, where it is not 1.
        attempts: How often it was started, where that was in vain.
        from_cache: Whether the result comes from another run.
        extra: What a user's own function added, by name.
    """

    status: Status = Status.OK
    reason: str = ""
    seed: int | None = None
    worker: str | None = None
    device: str | None = None
    seconds: dict[str, float] | None = None
    network: list[str] | None = None
    parameters: int | None = None
    history: dict[str, list[float]] | None = None
    epochs: int | None = None
    repetition: int | None = None
    budget: float | None = None
    attempts: int | None = None
    from_cache: bool | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def curve(self, metric: str) -> list[float]:
        """Return a metric after each epoch; empty where none was recorded."""
        return (self.history or {}).get(metric, [])

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        named = {name: getattr(self, name) for name in _NAMES} | {"status": self.status.value}
        empty = {name for name, value in named.items() if value is None}
        if self.network is not None:
            empty.discard("parameters")  # there, null says that nobody could count them
        return {name: value for name, value in named.items() if name not in empty} | self.extra

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Record:
        """Make the record that `to_json` described, or one of a user's own with some of the names.

        Raises:
            ValueError: If the status is none of `Status`.
        """
        known = {name: value for name, value in (data or {}).items() if name in _NAMES}
        status = known.pop("status", Status.OK)
        if status not in [one.value for one in Status]:
            raise ValueError(
                f"the record's status is {status!r}, expected one of {', '.join(one.value for one in Status)}"
            )
        extra = {name: value for name, value in (data or {}).items() if name not in _NAMES}
        return cls(Status(status), **known, extra=extra)

    # Until version 0.3, hooks that were written for a dictionary go on working.

    def __getitem__(self, name: str) -> Any:
        """Return an entry as a dictionary would. Deprecated: read the attribute."""
        warnings.warn(f"record[{name!r}] is deprecated: write record.{name}", DeprecationWarning, stacklevel=2)
        return self.to_json()[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return an entry as a dictionary would. Deprecated: read the attribute."""
        warnings.warn(f"record.get({name!r}) is deprecated: write record.{name}", DeprecationWarning, stacklevel=2)
        return self.to_json().get(name, default)

    def __contains__(self, name: object) -> bool:
        """Tell whether a dictionary would hold the entry. Deprecated: compare the attribute with None."""
        return name in self.to_json()

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the entries, so that `dict(record)` works. Deprecated: `to_json()`."""
        return iter(self.to_json())

    def keys(self) -> list[str]:
        """Return the names of the entries. Deprecated: `to_json()`."""
        return list(self.to_json())


_NAMES = tuple(one.name for one in fields(Record) if one.name != "extra")
