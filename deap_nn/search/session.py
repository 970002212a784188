"""One session of a search: everything is opened, the loop runs, the winner is trained, everything is closed.

A resumed run is replayed from its seed, with results from the journal in place of trainings. Every random draw, the
order of events and the state of every operator are thus restored, and the run continues as if uninterrupted.
`deap_nn.search.recorder` checks the replay against the checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from deap_nn.engines import Engine, refuse_unsendable
from deap_nn.errors import InputError
from deap_nn.evolution import Generation, Individual
from deap_nn.random_stream import in_one_thread, seeded
from deap_nn.runs import LOGS, Cache, Run
from deap_nn.search.budget import SEARCHED, Budget
from deap_nn.search.engine import engine_of
from deap_nn.search.evaluations import Evaluations
from deap_nn.search.final import FinalTraining
from deap_nn.search.finalists import Ranking, contenders, planned, ranked
from deap_nn.search.front import write_front
from deap_nn.search.in_order import InOrder
from deap_nn.search.loop import find_best
from deap_nn.search.objective import measured_of
from deap_nn.search.picture import Picture
from deap_nn.search.progress import Progress
from deap_nn.search.recorder import Recorder
from deap_nn.search.results import Results
from deap_nn.search.search import Search
from deap_nn.search.settings import HALVING, NONE
from deap_nn.search.sizing import FIRST_SHARE, SEARCH_SHARE, most_work, sized
from deap_nn.search.winner import write_winner
from deap_nn.status import LIMITS


def perform(search: Search) -> Run:
    """Evolve and train the winner; in any case, `run.json` records how it ended.

    Raises:
        InputError: If the function cannot be sent or something cannot be opened; nothing has happened then.
        RunFailed: If the run cannot continue.
        RuntimeError: If an InputError is raised later, about what a hook, or `deap_nn` itself, gave to something.
    """
    run, hooks, objective, asked = search.run, search.hooks, search.objective, search.settings
    refuse_unsendable(objective.evaluate)
    with ExitStack() as stack:
        stack.enter_context(in_one_thread())
        if search.progress:
            hooks = stack.enter_context(closing(Progress())).hooks + hooks
        # What is there is read before anything is changed: a damaged file is refused, and the run stays as it is
        again = LIMITS if search.retry_failed else ()
        journal = stack.enter_context(run.writing(again))
        children = stack.enter_context(closing(run.children(asked.weights))) if asked.is_steady else None
        ahead = stack.enter_context(closing(run.ahead(again))) if asked.is_steady else None
        pruner = objective.make_pruner()
        recorder = Recorder(run, pruner, compare=not search.retry_failed)
        past = run.best or {}
        engine = stack.enter_context(engine_of(asked, run.path / LOGS))
        paused = run.paused()
        cache = stack.enter_context(_cache(search)) if search.cache else None
        stack.enter_context(_status(run))
        run.update(status="running", reason="", settings=asked.to_json(), engine=engine.description)
        for hook in hooks.on_start:
            hook(run, engine)
        budget = stack.enter_context(closing(Budget(run, asked.budget)))
        search = replace(search, settings=sized(asked, search.space, objective, engine, budget))
        picture = Picture(run, objective.label)
        of_sitting = None if asked.stop_after is None else time.monotonic() + asked.stop_after
        options: dict[str, Any] = {
            "journal": journal,
            "on_evaluation": (budget.keep, *hooks.on_evaluation),
            "cache": cache,
            "pruner": pruner,
            "worst": objective.worst,
            "criteria": asked.criteria,
            "paused": paused if asked.pruner == HALVING else None,
            "until": _end_of_search(budget.until(SEARCH_SHARE), of_sitting, budget),
            "until_first": _end_of_search(budget.until(FIRST_SHARE), of_sitting, budget),
        }
        evaluations: Evaluations | InOrder
        if asked.is_steady:
            evaluations = InOrder(engine, children=children, ahead=ahead, **options)
        else:
            evaluations = Evaluations(engine, cost=objective.cost, most=asked.evaluations, **options)
        final = FinalTraining(run, asked, engine, budget, objective)
        stack.enter_context(seeded(asked.seed))
        best, stopped = find_best(
            search,
            evaluations,
            pruner,
            (
                recorder.generation,
                picture.generation,
                partial(_set_end, evaluations, final, budget, of_sitting),
                *hooks.on_generation,
            ),
            most_work(search.settings, engine, budget),
            children,
        )
        stopped = budget.end_search(stopped)
        if not stopped:
            paused.clear()
        engine.clear()
        ranking = _ranking(best, search, evaluations, engine, budget)
        picture.finish()
        write_winner(run, ranking, objective, final, past)
        if asked.criteria:
            write_front(run, best, objective, final, asked)
        run.update(status="stopped" if stopped else "finished", reason=stopped)
    return run


def _end_of_search(of_budget: float | None, of_sitting: float | None, budget: Budget) -> float | None:
    """Return the value of `time.monotonic()` at which no network is trained any more except finalists and winner.

    Args:
        of_budget: When the budget says so.
        of_sitting: When the setting `stop_after` says so.
        budget: The time of the run.
    """
    # If it has ended before, what the journal holds is all that there was
    over = time.monotonic() if budget.decided(SEARCHED) else None
    return min((end for end in (of_budget, of_sitting, over) if end is not None), default=None)


def _set_end(
    evaluations: Results, final: FinalTraining, budget: Budget, of_sitting: float | None, generation: Generation
) -> None:
    """Let the search go on for as long as the final training of the best so far could not use the time."""
    if generation.halloffame:
        of_budget = final.extent.end_of_search(generation.halloffame[0])
        evaluations.end_at(_end_of_search(of_budget, of_sitting, budget))


def _ranking(best: list[Individual], search: Search, evaluations: Results, engine: Engine, budget: Budget) -> Ranking:
    """Return the best individuals, in the order in which they are to be trained a final time."""
    again = search.objective.evaluate_again
    if again is None:
        return Ranking(best, [None] * len(best))
    plan = planned(best, search.settings.finalists, engine, budget)
    evaluations.stop_no_more()
    candidates = contenders(best, search.space) if plan.times > 1 else best
    return ranked(candidates, plan, evaluations, again, search.settings.weights[0])


@contextmanager
def _cache(search: Search) -> Iterator[Cache]:
    info = search.run.info
    circumstances: dict[str, Any] = {
        "space": info["space"],
        "objective": search.objective.essence,
        "training_seed": search.settings.seed_of_trainings,
        "threads": search.settings.threads_per_worker,
        "precision": search.settings.precision,
        "min_steps": search.settings.min_steps,
        "trainer": search.settings.trainer,
        "race": search.settings.pruner != NONE,  # without one, there is no curve to judge by
        # All but those that affect only the search, not a training.
        "versions": {name: it for name, it in info["versions"].items() if name not in ("python", "deap")},
    }
    if measured := measured_of(search.settings):
        circumstances["measured"] = measured
    cache = Cache(search.cache or Path(), circumstances)
    try:
        yield cache
    finally:
        cache.close()


@contextmanager
def _status(run: Run) -> Iterator[None]:
    """Record the status in `run.json` when a search ends with an exception."""
    try:
        yield
    except KeyboardInterrupt:
        run.update(status="stopped", reason="interrupted")
        raise
    except BaseException as error:
        reason = (str(error) or repr(error)).splitlines()[0]
        with suppress(OSError):  # The directory may be what failed
            run.update(status="failed", reason=reason)
        if isinstance(error, InputError):
            raise RuntimeError(f"an error in a hook, or in deap_nn itself: {error}") from error
        raise
