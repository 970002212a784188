"""The Pareto front of a search with several objectives: `front.json`, a file for each member on request, a picture."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deap_nn.evolution import Individual, Key
from deap_nn.runs import FRONT_PICTURE, MEMBER, MODEL, Run, front_report, write_atomic
from deap_nn.search.final import FinalTraining
from deap_nn.search.objective import Objective, TrainWinner
from deap_nn.search.settings import Settings
from deap_nn.search.winner import final_training
from deap_nn.status import Status

Entry = dict[str, Any]


def write_front(
    run: Run, front: Sequence[Individual], objective: Objective, final: FinalTraining, settings: Settings
) -> None:
    """Write the front of a search; train its members a final time if the settings ask for that.

    The best network, which is trained already, is not trained again, nor is what an earlier session has trained. The
    test split is used once for each network that is trained.

    Args:
        run: The run directory, which holds the winner.
        front: The individuals that none dominates, with their fitness, the best by the first objective first.
        objective: How to train.
        final: What is planned for final trainings.
        settings: The objectives, and whether to train.
    """
    names = [str(settings.objectives[0]), *(one.name for one in settings.criteria)]
    weights = settings.weights
    measured = [one for one in front if one.fitness.status is Status.OK]
    entries = [{"genome": one.to_json(), **dict(zip(names, one.fitness.values, strict=True))} for one in measured]
    before = (run.front or {}).get("networks", [])
    run.write_front(front_report(names, weights, [_with_file(run, one, before) for one in entries]))
    if not settings.train_front or objective.train_winner is None or objective.task is None:
        return
    measure = f"test_{objective.task.measure.name}"
    for place, individual in enumerate(measured):
        entries[place] |= _trained(run, individual, measure, objective.train_winner, final, before)
        rest = [_with_file(run, one, before) for one in entries[place + 1 :]]
        run.write_front(front_report(names, weights, [*entries[: place + 1], *rest]))
    _drop_others(run, entries)
    final.clean_up()


def _with_file(run: Run, entry: Entry, before: Sequence[Entry]) -> Entry:
    """Return an entry with what an earlier session, or a moment ago, has trained of it."""
    known = next((one for one in before if one["genome"] == entry["genome"]), {})
    if "file" not in known or not (run.path / known["file"]).exists():
        return entry
    is_another = known["file"] == MODEL and (run.best or {}).get("genome") != entry["genome"]
    return entry if is_another else entry | known


def _trained(
    run: Run, individual: Individual, measure: str, train: TrainWinner, final: FinalTraining, before: Sequence[Entry]
) -> Entry:
    """Train a member, unless it is trained already; return what is to be added to its entry."""
    best = run.best or {}
    if best.get("genome") == individual.to_json():
        return {"file": MODEL, measure: best[measure], "epochs": best["epochs"]}
    extent = final.extent.usual(individual)
    # Files of earlier versions keep their names
    wide = "" if extent.width == 1 else f" {extent.width}"
    what = f"{Key.of(individual).text} {extent.epochs}{wide}"
    file = MEMBER.format(hashlib.blake2b(what.encode(), digest_size=4).hexdigest())
    known = next((one for one in before if one.get("file") == file), None)
    if known is not None and (run.path / file).exists():
        return {name: known[name] for name in ("file", measure, "epochs")}
    *_, outcome = final_training(individual, extent, 1, train, final)
    if outcome.status != "ok":
        return {"reason": f"the final training ended as {outcome.status}: {outcome.reason}"}
    (run.path / file).parent.mkdir(exist_ok=True)
    write_atomic(run.path / file, outcome.value.model)
    run.write_best(None, best | {"test_evaluations": best["test_evaluations"] + 1})
    return {"file": file, measure: outcome.value.report[measure], "epochs": outcome.value.epochs}


def _drop_others(run: Run, entries: Sequence[Entry]) -> None:
    """Delete the files of networks that are no longer on the front."""
    kept = {one.get("file") for one in entries}
    for path in run.path.glob(MEMBER.format("*")):
        if path.relative_to(run.path).as_posix() not in kept:
            path.unlink()


def draw_front(run: Run, label: str) -> Path | None:
    """Draw all networks of a run and its front, from its journal; return the path, None with one objective.

    Args:
        run: A run in which something has worked.
        label: What the first objective is, in words.
    """
    from deap_nn.plots import plot_front, png  # The import takes half a second

    names = [label, *(one.in_words for one in run.criteria)]
    if len(names) < 2:
        return None
    networks = [
        values for _, values in run.evaluations() if values.status is Status.OK and not values.record.repetition
    ]
    path = run.path / FRONT_PICTURE
    path.parent.mkdir(exist_ok=True)
    write_atomic(path, png(plot_front(networks, run.weights, names)[0]))
    return path
