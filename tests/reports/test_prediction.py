import numpy as np
import pytest

from deap_nn.errors import InputError
from deap_nn.reports.prediction import predict, read_images, to_csv
from deap_nn.runs import Run
from deap_nn.tasks import Classification


@pytest.mark.parametrize("names", [("x",), ("x", "other"), ("x_test", "x_train"), ("photos",)])
def test_images_are_found_by_name(tmp_path, names):
    np.savez(tmp_path / "images.npz", **{name: np.full(3, i) for i, name in enumerate(names)})
    assert list(read_images(tmp_path / "images.npz")) == [0, 0, 0]


def test_several_arrays_of_other_names_are_refused(tmp_path):
    np.savez(tmp_path / "images.npz", a=np.zeros(3), b=np.zeros(3))
    with pytest.raises(ValueError, match="holds a, b; expected an array x"):
        read_images(tmp_path / "images.npz")


def test_a_run_without_a_winner_is_refused(tmp_path):
    Run.create(tmp_path, {})
    with pytest.raises(ValueError, match=r"holds no best\.keras"):
        predict(tmp_path, np.zeros((1, 8, 8)))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((0, 8, 8)), "so it is empty; expected at least one sample"),
        (np.full((1, 8, 8), np.nan), "holds NaN or infinity"),
        (np.array([["a"]]), "expected numbers"),
    ],
    ids=["none", "NaN", "words"],
)
def test_what_are_no_images_is_refused_before_the_network_is_loaded(tmp_path, images, message):
    (Run.create(tmp_path, {}).path / "best.keras").write_bytes(b"")
    with pytest.raises(InputError, match=f"images .*{message}"):
        predict(tmp_path, images)


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04garbage"])
def test_a_damaged_network_is_named_with_the_way_out(tmp_path, content):
    (Run.create(tmp_path, {}).path / "best.keras").write_bytes(content)
    with pytest.raises(InputError, match=r"best\.keras cannot be loaded .*: delete it and best\.json"):
        predict(tmp_path, np.zeros((1, 8, 8)))


def test_the_table_names_the_likeliest_class():
    table = to_csv(np.array([[0.2, 0.8], [0.75, 0.25]]), Classification(2))
    assert table == "image,class,p0,p1\n0,1,0.200000,0.800000\n1,0,0.750000,0.250000\n"
