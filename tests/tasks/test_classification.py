"""What a classification makes of labels and of a network's outputs."""

import json

import numpy as np
import pytest

from deap_nn.tasks import TASKS, Classification, task_from_json

THREE = Classification(3)


def test_the_naive_score_is_that_of_always_naming_the_commonest_class():
    assert THREE.naive_score(np.array([0, 2, 2, 1, 2])) == 0.6


def test_the_report_holds_accuracies_and_the_confusion_matrix():
    outputs = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6]])
    report = Classification(2).report(np.zeros(4, int), outputs)
    expected = {"test_accuracy": 0.75, "class_accuracy": [0.75, 0.0], "confusion_matrix": [[3, 1], [0, 0]]}
    assert report == json.loads(json.dumps(report)) == expected


def test_the_history_has_keras_names():
    assert THREE.metrics == ("loss", "accuracy", "val_loss", "val_accuracy")
    assert THREE.validation_measure == "val_accuracy"


@pytest.mark.parametrize("kind", TASKS.values(), ids=TASKS)
def test_every_task_is_described_as_plain_data(kind):
    task = kind(3)
    assert task_from_json(json.loads(json.dumps(task.to_json()))) == task
    assert task.to_json()["task"] == kind.name
