"""Evaluations in order: whatever ends first, results are journalled, told and returned as they were asked for."""

import functools
import itertools
import random
import time
from unittest.mock import Mock

import pytest
import search_stubs
from search_stubs import SPACE

from deap_nn.engines import Outcome
from deap_nn.evolution import FitnessValues, Individual
from deap_nn.runs import Ahead, Cache, Journal
from deap_nn.search import BrokenProgram, Evaluations, StopRun
from deap_nn.search.in_order import InOrder
from deap_nn.search.loop import _abandon


class Jumbled:
    """An engine that ends what it has in an order of its own."""

    def __init__(self, seed=0, outcomes=()):
        self.evaluated = []
        self._random, self._tickets, self._waiting = random.Random(seed), itertools.count(), []
        self._outcomes = dict(outcomes)

    def submit(self, function, individual):
        self._waiting.append((next(self._tickets), function, individual))
        return self._waiting[-1][0]

    def as_completed(self, until=None):
        while self._waiting and until is None:
            ticket, function, individual = self._waiting.pop(self._random.randrange(len(self._waiting)))
            self.evaluated.append(individual)
            yield ticket, self._outcomes.get(ticket) or Outcome("ok", function(individual))


@pytest.fixture
def everyone():
    random.seed(3)
    return [Individual(SPACE.sample()) for _ in range(12)]


class Late:
    """An engine whose results come at a time of `time.monotonic()` that is given."""

    def __init__(self, at):
        self._at, self._waiting, self._tickets = at, [], itertools.count()

    def submit(self, function, individual):
        self._waiting.append((next(self._tickets), function, individual))
        return self._waiting[-1][0]

    def as_completed(self, until=None):
        while self._waiting and until >= self._at:
            ticket, function, individual = self._waiting.pop(0)
            yield ticket, Outcome("ok", function(individual))


def test_for_the_first_result_there_is_more_time(everyone):
    now = time.monotonic()
    for at, first, count in [(50, now + 100, 1), (50, now + 40, 0), (50, None, 0), (10, None, 3)]:
        evaluations = InOrder(Late(now + at), until=now + 20, until_first=first)
        for individual in everyone[:3]:
            evaluations.submit(search_stubs.fitness, individual)
        for _ in range(count):
            evaluations.next()
        with pytest.raises(LookupError if count == 3 else StopRun):
            evaluations.next()


class Kept(Journal):
    """A journal that can be looked at, and takes as long to be on disk as it is told."""

    def __init__(self, past=(), pace=0.0):
        self.lines, self.given = [], pace
        super().__init__(past)

    def append(self, individual, values):
        self.lines.append(individual)
        return super().append(individual, values)

    def cut(self, place):
        super().cut(place)
        if place is not None:
            del self.lines[place:]

    @property
    def pace(self):
        return self.given


def ask(evaluations, individuals, under_way=4):
    """The values that come, with so many under way."""
    values, asked = [], 0
    for number in range(len(individuals)):
        while asked < min(len(individuals), number + under_way):
            evaluations.submit(search_stubs.fitness, individuals[asked])
            asked += 1
        values.append(evaluations.next()[1])
    return values


@pytest.mark.parametrize("pace", [0.0, 60.0])
@pytest.mark.parametrize("seed", range(4))
def test_journal_hooks_and_results_are_in_order(everyone, seed, pace):
    journal, told = Kept(pace=pace), []
    evaluations = InOrder(Jumbled(seed), journal=journal, on_evaluation=[lambda *one: told.append(one[0])])
    assert ask(evaluations, everyone) == [search_stubs.fitness(one) for one in everyone]
    assert journal.lines == told == everyone
    assert evaluations.counts == {"ok": 12}
    with pytest.raises(LookupError, match="submit one first"):
        evaluations.next()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pace", [0.0, 60.0])
def test_a_hook_that_stops_stops_after_its_own_number_and_what_is_beyond_is_dropped(everyone, seed, pace):
    journal, told = Kept(pace=pace), []
    hooks = [lambda *one: told.append(one[0]) or len(told) == 5]
    evaluations = InOrder(Jumbled(seed), journal=journal, on_evaluation=hooks)
    with pytest.raises(StopRun, match="a hook asked for it"):
        ask(evaluations, everyone)
    evaluations.abandon(for_good=True)
    assert journal.lines == told == everyone[:5]
    assert evaluations.counts == {"ok": 5}


@pytest.mark.parametrize("kind", [InOrder, Evaluations])
def test_hooks_are_told_of_what_comes_after_the_search_and_stop_it_no_more(everyone, kind):
    told = []
    evaluations = kind(Jumbled(), journal=Kept(), on_evaluation=[lambda *one: told.append(one[0]) or True])
    evaluations.stop_no_more()
    assert evaluations.map(search_stubs.fitness, everyone) == [search_stubs.fitness(one) for one in everyone]
    assert sorted(map(str, told)) == sorted(map(str, everyone))


def test_after_the_end_others_can_be_asked_for_and_what_was_abandoned_too(everyone):
    engine = Jumbled(1)
    journal = Kept()
    evaluations = InOrder(engine, journal=journal)
    ask(evaluations, everyone[:5])
    for one in everyone[5:8]:
        evaluations.submit(search_stubs.fitness, one)
    evaluations.abandon(for_good=True)
    engine._waiting.clear()
    assert ask(evaluations, everyone[6:8]) == [search_stubs.fitness(one) for one in everyone[6:8]]
    assert journal.lines == everyone[:5] + everyone[6:8]


def test_what_the_journal_holds_is_not_dropped_nor_told_nor_evaluated(everyone):
    past = [(one, search_stubs.fitness(one)) for one in everyone[:8]]
    journal, told, engine = Kept(past), [], Jumbled()
    evaluations = InOrder(engine, journal=journal, on_evaluation=[lambda *one: told.append(one[0])])
    assert ask(evaluations, everyone[:6]) == [values for _, values in past[:6]]
    for one in everyone[6:10]:
        evaluations.submit(search_stubs.fitness, one)
    evaluations.abandon(for_good=True)
    assert journal.lines == everyone[:8]
    assert engine.evaluated == told == []
    assert evaluations.counts == {"ok": 6}


def test_a_line_that_is_missing_is_evaluated_again_and_comes_in_its_turn(everyone):
    past = [(one, search_stubs.fitness(one)) for one in everyone[:8]]
    engine = Jumbled()
    evaluations = InOrder(engine, journal=Kept(past[:3] + past[4:]))
    assert ask(evaluations, everyone) == [search_stubs.fitness(one) for one in everyone]
    assert sorted(map(str, engine.evaluated)) == sorted(map(str, [everyone[3], *everyone[8:]]))


@pytest.mark.parametrize("seed", range(6))
def test_what_is_ahead_of_its_turn_survives_a_death_and_is_not_evaluated_again(everyone, seed, tmp_path):
    total = []
    lines = []
    for _ in range(60):
        engine, journal = Jumbled(seed + len(total)), Kept(lines)
        ahead = Ahead(tmp_path / "ahead.jsonl")
        evaluations = InOrder(engine, journal=journal, ahead=ahead)
        try:
            ask(evaluations, everyone) if len(total) > 40 else die_after(2, evaluations, everyone, engine)
            ended = True
        except Death:
            ended = False
        total += engine.evaluated
        lines = [(one, search_stubs.fitness(one)) for one in journal.lines]
        ahead.close()
        if ended:
            break
    assert journal.lines == everyone
    assert sorted(map(str, total)) == sorted(map(str, everyone))
    assert not (tmp_path / "ahead.jsonl").exists()


class Death(BaseException):
    pass


def die_after(count, evaluations, everyone, engine):
    ends = engine.as_completed

    def as_completed(until=None):
        for answer in ends(until):
            if len(engine.evaluated) > count:
                engine.evaluated.pop()
                raise Death
            yield answer

    engine.as_completed = as_completed
    ask(evaluations, everyone)


def test_a_cache_is_asked_before_and_told_in_order(everyone, tmp_path):
    cache = Cache(tmp_path / "cache", {})
    ask(InOrder(Jumbled(), cache=cache), everyone[3:9])
    journal, told, engine = Kept(), [], Jumbled()
    evaluations = InOrder(engine, journal=journal, cache=cache, on_evaluation=[lambda *one: told.append(one[0])])
    assert ask(evaluations, everyone) == [search_stubs.fitness(one) for one in everyone]
    assert journal.lines == told == everyone
    assert sorted(map(str, engine.evaluated)) == sorted(map(str, everyone[:3] + everyone[9:]))
    assert evaluations.counts == {"ok": 6, "cached": 6}
    cache.close()


def test_what_is_dropped_is_not_in_the_cache(everyone):
    cache = Mock(get=Mock(return_value=None))
    evaluations = InOrder(Jumbled(2), cache=cache, journal=Kept(pace=60.0), on_evaluation=[lambda *_: True])
    with pytest.raises(StopRun):
        ask(evaluations, everyone)
    assert cache.put.call_count == 1


def test_chosen_genomes_are_on_disk_no_later_than_results(everyone):
    order = []
    children = Mock(sync=lambda: order.append("children"))
    journal = Kept()
    journal.sync = lambda: order.append("journal")
    evaluations = InOrder(Jumbled(), journal=journal, children=children)
    evaluations.submit(search_stubs.fitness, everyone[0])
    assert order == ["journal"]  # nothing to sync: the call costs nothing
    evaluations.next()
    assert order == ["journal", "children", "journal"]


def test_equal_keys_share_an_evaluation_and_count_as_known(everyone):
    engine, (one, two, *_) = Jumbled(), everyone
    evaluations = InOrder(engine)
    assert ask(evaluations, [one, one, two]) == [search_stubs.fitness(i) for i in (one, one, two)]
    assert ask(evaluations, [two, one]) == [search_stubs.fitness(i) for i in (two, one)]
    assert len(engine.evaluated) == 2
    assert evaluations.counts == {"ok": 2, "cached": 3}


def test_a_broken_program_ends_the_run(everyone):
    evaluations = InOrder(Jumbled(outcomes={0: Outcome("error", reason="KeyError")}))
    with pytest.raises(BrokenProgram, match="KeyError"):
        ask(evaluations, everyone)


def test_when_the_time_is_over_what_has_arrived_ahead_is_kept(everyone, tmp_path):
    class Slow(Jumbled):
        def as_completed(self, until=None):
            """Ends the second and third, and nothing else."""
            for place in (1, 1):
                if len(self._waiting) > 2:
                    ticket, function, individual = self._waiting.pop(place)
                    yield ticket, Outcome("ok", function(individual))

    ahead, journal = Ahead(tmp_path / "ahead.jsonl"), Kept()
    evaluations = InOrder(Slow(), ahead=ahead, journal=journal, until=0.0)
    with pytest.raises(StopRun, match="the time is over"):
        ask(evaluations, everyone)
    evaluations.abandon(for_good=False)
    assert journal.lines == []
    ahead.close()
    again, engine = Ahead(tmp_path / "ahead.jsonl"), Jumbled()
    assert ask(InOrder(engine, ahead=again), everyone) == [search_stubs.fitness(one) for one in everyone]
    assert len(engine.evaluated) == 10
    again.close()


def test_what_waits_is_dropped_with_the_rest(everyone, tmp_path):
    order = [0, 2]

    class Gap(Jumbled):
        def as_completed(self, until=None):
            """Ends the third, then the first."""
            while order:
                place = order.pop()
                ticket, function, individual = self._waiting.pop(place)
                yield ticket, Outcome("ok", function(individual))

    ahead = Ahead(tmp_path / "ahead.jsonl")
    evaluations = InOrder(Gap(), ahead=ahead, journal=Kept(pace=60.0), on_evaluation=[lambda *_: True])
    with pytest.raises(StopRun, match="a hook"):
        ask(evaluations, everyone)
    assert (tmp_path / "ahead.jsonl").read_text().count("\n") == 1
    evaluations.abandon(for_good=True)
    assert (tmp_path / "ahead.jsonl").read_text() == ""
    ahead.close()


@pytest.mark.parametrize(
    ("reason", "for_good"), [("the time is over", False), ("a hook asked for it", True), ("", True)]
)
def test_only_what_the_clock_has_cut_off_may_go_on(reason, for_good):
    evaluations = InOrder(Jumbled())
    evaluations.abandon = Mock()
    _abandon(evaluations, reason)
    evaluations.abandon.assert_called_once_with(for_good=for_good)


def test_map_is_in_order_too(everyone):
    evaluations = InOrder(Jumbled())
    assert evaluations.map(search_stubs.fitness, everyone) == [search_stubs.fitness(one) for one in everyone]


def test_repetitions_have_results_of_their_own(everyone):
    def again(individual, repetition, budget):
        return FitnessValues((float(repetition),))

    evaluations = InOrder(Jumbled())
    ask(evaluations, everyone)
    ticket = evaluations.submit(functools.partial(again), everyone[0], 1, prune=False)
    assert evaluations.next() == (ticket, (1.0,))
