"""The record of an evaluation: its status and what it recorded. In a journal, a JSON object with the same names."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from deap_nn.errors import InputError
from deap_nn.evolution.plain_data import storable
from deap_nn.status import Status


@dataclass(frozen=True)
class Record:
    """The outcome of an evaluation. Fields without a value are omitted from its JSON.

    Attributes:
        status: How it ended.
        reason: The reason for the status, in one line; empty if it is ok.
        seed: The seed of the training.
        worker: Where it ran, `host:pid`.
        device: The GPU, or "cpu".
        seconds: The time that its steps took: `load` (data), `train` (building included).
        network: The layers as built, one line each.
        parameters: The number of weights; also None if user-defined layers make it unknown.
        history: One number per metric and completed epoch.
        epochs: The number of epochs that were run.
        batch_size: The samples per step, where there were fewer than the genome says because the data are small.
        views: The validation measure of the means of its outputs for several views of an image, by their number, where
            that was asked for and the network was trained on such images.
        repetition: The number of the evaluation among several of its genome; None for the first, number 0.
        budget: The share of a full training; None for 1.
        attempts: The number of times it was started, if no attempt returned a result.
        from_cache: Whether the result comes from another run.
        multiply_adds: Those of one sample's forward pass, where that is an objective.
        latency: The seconds that one sample took, where that is an objective.
        extra: What a user-defined function added, by name.
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
    batch_size: int | None = None
    views: dict[str, float] | None = None
    repetition: int | None = None
    budget: float | None = None
    attempts: int | None = None
    from_cache: bool | None = None
    multiply_adds: int | None = None
    latency: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def curve(self, metric: str) -> list[float]:
        """Return a metric's value after each epoch; empty if none was recorded."""
        return (self.history or {}).get(metric, [])

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        named = {name: getattr(self, name) for name in _NAMES} | {"status": self.status.value}
        empty = {name for name, value in named.items() if value is None}
        if self.network is not None:
            empty.discard("parameters")  # in this case null means that they could not be counted
        kept = {name: value for name, value in named.items() if name not in empty} | self.extra
        plain: dict[str, Any] = storable(kept)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Record:
        """Return the record that `to_json` described, or a user-defined one with some of the names.

        Raises:
            InputError: If the status is not one of `Status`.
        """
        known = {name: value for name, value in (data or {}).items() if name in _NAMES}
        status = known.pop("status", Status.OK)
        if status not in [one.value for one in Status]:
            raise InputError(
                f"the record's status is {status!r}, expected one of {', '.join(one.value for one in Status)}"
            )
        extra = {name: value for name, value in (data or {}).items() if name not in _NAMES}
        return cls(Status(status), **known, extra=extra)

    # Until version 0.3, hooks that were written for a dictionary still work.

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
