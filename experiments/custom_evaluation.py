"""Evolve genomes with a function defined here: the smallest dense network with three different widths."""

from deap_nn import PRESETS, Individual, evolve


def fitness(individual: Individual) -> tuple[float]:
    """Return the value to maximise; workers call this."""
    widths = [chromosome.genes["units"] for chromosome in individual if chromosome.kind == "dense"]
    return (len(set(widths)) / len(widths) - sum(widths) / 1000,)


def main() -> None:
    run = evolve(PRESETS["dense"], evaluate=fitness, population=20, generations=10)
    print(run.best, run.path)


if __name__ == "__main__":
    main()
