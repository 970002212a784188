import json

import pytest
from search_stubs import SPACE

from deap_nn.evolution import Individual
from deap_nn.runs import read_genomes


def sample(count):
    return [Individual(SPACE.sample()) for _ in range(count)]


def write(path, content):
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    "wrap",
    [
        lambda genomes: genomes,
        lambda genomes: [{"genome": genome} for genome in genomes],
        lambda genomes: {"halloffame": [{"genome": genome, "fitness": [0.5]} for genome in genomes], "generation": 3},
    ],
    ids=["genomes", "entries", "checkpoint"],
)
def test_several_genomes(tmp_path, wrap):
    individuals = sample(3)
    path = write(tmp_path / "file.json", wrap([individual.to_json() for individual in individuals]))
    assert read_genomes(path, SPACE) == individuals


@pytest.mark.parametrize("wrap", [lambda genome: genome, lambda genome: {"genome": genome, "test_accuracy": 0.9}])
def test_one_genome(tmp_path, wrap):
    (individual,) = sample(1)
    assert read_genomes(write(tmp_path / "file.json", wrap(individual.to_json())), SPACE) == [individual]


def test_a_wrong_genome_is_refused_by_name(tmp_path):
    genomes = [individual.to_json() for individual in sample(2)]
    genomes[1][0]["genes"]["units"] = 1000
    with pytest.raises(ValueError, match=r"file.json, genome 2: chromosome 0 \(dense\): gene 'units': .*1000"):
        read_genomes(write(tmp_path / "file.json", genomes), SPACE)


@pytest.mark.parametrize("content", [{}, [], 3, None, "text", {"genome": 3}, [3], [[3]], [{"genome": None}]])
def test_what_holds_no_genomes_is_refused(tmp_path, content):
    with pytest.raises(ValueError, match=r"file\.json"):
        read_genomes(write(tmp_path / "file.json", content), SPACE)


def test_what_is_no_json_is_refused(tmp_path):
    (tmp_path / "file.json").write_text("{")
    with pytest.raises(ValueError, match="cannot be read as JSON"):
        read_genomes(tmp_path / "file.json", SPACE)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot be read as JSON"):
        read_genomes(tmp_path / "file.json", SPACE)
