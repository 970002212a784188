"""The generations of a search: toolbox, statistics, hooks and the loop, put together."""

from __future__ import annotations

from deap import tools

from deap_nn.evolution import Generation, Individual, OnGeneration, eaTruncation, make_toolbox, survivor_count
from deap_nn.pruning import Race
from deap_nn.random_stream import protected
from deap_nn.runs import Run
from deap_nn.search.evaluations import EvaluationMap, RunFailed, StopRun
from deap_nn.search.recorder import Recorder
from deap_nn.search.search import Search
from deap_nn.search.statistics import make_statistics


def find_best(search: Search, evaluations: EvaluationMap, recorder: Recorder) -> tuple[Individual, str]:
    """Run the loop; return the best individual and why it was stopped early, "" if it was not."""
    run, settings = search.run, search.settings
    toolbox = make_toolbox(
        search.space,
        evaluate=search.objective.evaluate,
        map=evaluations.map,
        crossover=settings.crossover,
        mutation_probability=settings.mutation_probability,
    )
    own: list[OnGeneration] = [lambda _: evaluations.counts.clear()]
    if settings.race and search.objective.chance is not None:
        keep = survivor_count(settings.survivors, settings.population)
        race = Race(toolbox, search.objective.evaluate, keep, search.objective.chance, evaluations.forget)
        evaluations.judge = race.judge
        own.append(_remembering(race, recorder))
    starters = [Individual.from_json(genome) for genome in run.info["start_with"]]
    halloffame = tools.HallOfFame(10)
    stopped = ""
    try:
        eaTruncation(
            starters + toolbox.population(n=settings.population - len(starters)),
            toolbox,
            cxpb=1.0,
            mutpb=1.0,
            ngen=settings.generations,
            stats=make_statistics(evaluations.counts, halloffame),
            halloffame=halloffame,
            survivors=settings.survivors,
            target=settings.target,
            on_generation=(*own, _stopping((recorder.generation, *search.hooks.on_generation))),
        )
    except StopRun as stop:
        stopped = str(stop)
        halloffame.update(_evaluated(run))
    if not halloffame:
        raise RunFailed(f"{stopped}, before any evaluation had ended: give the run more time; it is in {run.path}")
    return halloffame[0], stopped


def _remembering(race: Race, recorder: Recorder) -> OnGeneration:
    """Return the hook that sets the next generation's thresholds; they are part of the checkpoint."""

    def call(generation: Generation) -> None:
        race(generation)
        recorder.state["thresholds"] = list(race.thresholds)

    return call


def _stopping(hooks: tuple[OnGeneration, ...]) -> OnGeneration:
    """Return one hook that calls all and stops the run, with a reason, if one of them says so."""

    def call(generation: Generation) -> None:
        with protected():
            replies = [hook(generation) for hook in hooks]
        if True in replies:
            raise StopRun(f"a hook asked for it after generation {generation.number}")

    return call


def _evaluated(run: Run) -> list[Individual]:
    """Return the evaluated individuals of a run that was stopped within a generation, in an order of their own."""
    individuals = []
    for individual, values in run.evaluations():
        individual.fitness.values = values
        individuals.append(individual)
    return sorted(individuals, key=Individual.canonical)
