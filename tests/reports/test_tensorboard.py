import sys

import pytest
import search_stubs

from deap_nn import evolve
from deap_nn.evolution import Individual
from deap_nn.reports.tensorboard import TensorBoard, flat
from deap_nn.space import Chromosome


def test_genes_have_names_of_their_own():
    layers = [
        Chromosome("dense", {"units": 16}),
        Chromosome("dense", {"units": 32}),
        Chromosome("training", {"epochs": 3}),
    ]
    assert flat(Individual(layers)) == {"dense_1/units": 16, "dense_2/units": 32, "training_1/epochs": 3}


@pytest.mark.filterwarnings("ignore:.*pkg_resources is deprecated:UserWarning")
def test_a_run_writes_scalars_and_hyperparameters(tmp_path):
    evolve(
        search_stubs.SPACE,
        evaluate=search_stubs.fitness,
        run_dir=tmp_path / "run",
        population=4,
        generations=1,
        engine="serial",
        hooks=TensorBoard().hooks,
    )
    written = b"".join(path.read_bytes() for path in (tmp_path / "run" / "tensorboard").rglob("events*"))
    assert b"generation/best" in written
    assert b"dense_1/units" in written


def test_without_the_package_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ValueError, match=r"pip install deap_nn\[tensorboard\]"):
        TensorBoard()
