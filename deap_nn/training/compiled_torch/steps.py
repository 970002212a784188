"""A training's step, and its evaluation of some samples, as functions that change tensors in place."""

from __future__ import annotations

from typing import NamedTuple

import torch

from deap_nn.networks import LayerSpec
from deap_nn.recipe import Schedule
from deap_nn.tasks import Task
from deap_nn.training.compiled_torch.graphs import Function
from deap_nn.training.compiled_torch.layers import Pass, forward
from deap_nn.training.compiled_torch.losses import LOSSES, MEASURES, Loss
from deap_nn.training.compiled_torch.network import Network
from deap_nn.training.compiled_torch.optimizers import Slots, optimizer_of
from deap_nn.training.updates import Optimizer


class State(NamedTuple):
    """All that a step changes, besides the sums that it adds to; the tensors stay the same, their values change.

    Attributes:
        trained: The trained weights.
        statistics: The moving statistics.
        slots: The optimizer's.
        average: The average of the trained weights; empty without `Schedule.weight_average`.
        running: Their running mean, one tensor; none without `Schedule.running_mean`.
        count: The number of steps done.
    """

    trained: torch.Tensor
    statistics: torch.Tensor
    slots: Slots
    average: torch.Tensor
    running: tuple[torch.Tensor, ...]
    count: torch.Tensor

    @property
    def measured(self) -> torch.Tensor:
        """The weights that are measured and kept."""
        return self.average if len(self.average) else self.trained

    @property
    def tensors(self) -> list[torch.Tensor]:
        """All of it."""
        return [self.trained, self.statistics, *self.slots, self.average, *self.running, self.count]


class Setting(NamedTuple):
    """What the functions of one training have in common.

    Attributes:
        network: The network.
        task: What is learnt.
        schedule: The settings of the training.
        optimizer: Its optimizer.
        rates: The learning rate of each step.
        momenta: The momentum of the running mean in each step.
        sums: The sums of loss and measure, to which every call adds.
    """

    network: Network
    task: Task
    schedule: Schedule
    optimizer: Optimizer
    rates: torch.Tensor
    momenta: torch.Tensor
    sums: torch.Tensor

    @property
    def loss(self) -> Loss:
        """The loss function."""
        return LOSSES[self.task.loss](self.schedule)

    def add(self, losses: torch.Tensor, outputs: torch.Tensor, targets: torch.Tensor, counted: torch.Tensor) -> None:
        """Add the losses and measures of those samples that count."""
        measured = MEASURES[self.task.measure.name](outputs, targets)
        self.sums.add_((torch.stack([losses.detach(), measured]) * counted).sum(1))


def setting_of(network: Network, task: Task, schedule: Schedule, samples: int) -> Setting:
    """Return the setting of a training on that many samples."""
    optimizer = optimizer_of(schedule, network.kernels, network.device)
    rates = torch.from_numpy(optimizer.learning_rate * schedule.rates(samples)).to(network.device)
    momenta = torch.from_numpy(schedule.running_momentum(samples)).to(network.device)
    sums = torch.zeros(2, dtype=torch.float64, device=network.device)
    return Setting(network, task, schedule, optimizer, rates, momenta, sums)


def first_state(setting: Setting, trained: torch.Tensor, statistics: torch.Tensor) -> State:
    """Return the state before the first step."""
    slots = tuple(torch.full_like(trained, value) for value in setting.optimizer.slots)
    average = trained[:0].clone() if setting.schedule.weight_average is None else trained.clone()
    running = (trained.clone(),) if setting.schedule.running_mean else ()
    count = torch.zeros((), dtype=torch.int64, device=trained.device)
    return State(trained, statistics, slots, average, running, count)


def step_function(setting: Setting, specs: tuple[LayerSpec, ...], state: State) -> Function:
    """Return the function `(x, y)` that takes a step.

    Args:
        setting: The training.
        specs: The network at the size that the samples have.
        state: What it changes.
    """
    network, schedule, loss = setting.network, setting.schedule, setting.loss
    optimizer = setting.optimizer

    def step(x: torch.Tensor, y: torch.Tensor) -> None:
        run, leaves = Pass(training=True), network.leaves(state.trained)
        with torch.enable_grad():
            outputs = forward(specs, network.weights(leaves, state.statistics), x, run)
            losses = loss(outputs, y)
            gradients = torch.autograd.grad(losses.mean(), leaves)
        setting.add(losses, outputs, y, torch.ones_like(losses))
        # Beyond the schedule's end, which a training may pass over steps to, as in the last step
        place = state.count.clamp(max=len(setting.rates) - 1).view(1)
        rate = setting.rates.index_select(0, place)
        gradient = network.gradient(gradients)
        trained, slots = optimizer.update(state.trained, gradient, state.slots, state.count + 1, rate)
        if schedule.weight_average is not None:  # in Keras's manner: after the first step, the weights themselves
            momentum = schedule.weight_average * (state.count > 0)
            state.average.copy_(momentum * state.average + (1 - momentum) * trained)
        for mean in state.running:
            momentum = setting.momenta.index_select(0, place)
            mean.copy_(momentum * mean + (1 - momentum) * trained)
        state.trained.copy_(trained)
        state.statistics.copy_(network.moved(state.statistics, run.moments))
        for slot, value in zip(state.slots, slots, strict=True):
            slot.copy_(value)
        state.count.add_(1)

    return step


def evaluation_function(
    setting: Setting, specs: tuple[LayerSpec, ...], weights: torch.Tensor, statistics: torch.Tensor
) -> Function:
    """Return the function `(x, y, counted)` that measures a network on samples, those whose `counted` is 1."""
    network, loss = setting.network, setting.loss

    def evaluate(x: torch.Tensor, y: torch.Tensor, counted: torch.Tensor) -> None:
        with torch.no_grad():
            outputs = forward(specs, network.weights(network.leaves(weights), statistics), x, Pass())
            setting.add(loss(outputs, y), outputs, y, counted)

    return evaluate
