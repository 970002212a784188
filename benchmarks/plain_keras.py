"""Plain Keras, by the book: build, compile, `model.fit`; TensorFlow's default threads."""

from __future__ import annotations

import keras

from deap_nn.data import Splits, load
from deap_nn.evaluation import Problem, genome_seed
from deap_nn.evolution import Individual
from deap_nn.models import build_layers, connect
from deap_nn.networks import blueprint
from deap_nn.random_stream import protected
from deap_nn.training import Schedule
from deap_nn.training.portable.compiling import compile_model


def fitted(individual: Individual, problem: Problem) -> float:
    """Train the network of an individual on the training split; return its final validation accuracy."""
    splits = load(problem.data)
    schedule = problem.schedule(individual, len(splits.y_train))
    history = _compiled(individual, problem, splits, schedule).fit(
        splits.scaled(splits.x_train),
        splits.y_train,
        batch_size=schedule.batch_size,
        epochs=schedule.epochs,
        validation_data=(splits.scaled(splits.x_validation), splits.y_validation),
        verbose=0,
    )
    return history.history["val_accuracy"][-1]


def _compiled(individual: Individual, problem: Problem, splits: Splits, schedule: Schedule) -> keras.Model:
    keras.backend.clear_session()
    seed = genome_seed(problem.training_seed, individual)
    with protected():  # Keras would seed the stream that an evolution draws from
        keras.utils.set_random_seed(seed)
    specs = blueprint(problem.space, individual, splits.input_shape, splits.task)
    model = connect(build_layers(specs, seed), specs)
    compile_model(model, splits.task, schedule, len(splits.y_train))
    return model
