"""Scores of sequences: closed forms, NLTK's numbers, and what each of them does and does not see."""

import math
from types import SimpleNamespace

import pytest
import torch
from support.metric_contexts import build_context
from support.short_texts import encode, spec_of

from ganlab.augments import Identity
from ganlab.core.interfaces import Batch, Spec
from ganlab.core.random import Random
from ganlab.discriminators import SequenceCNN
from ganlab.features import FeatureBatch, SymbolCounts
from ganlab.games import GumbelGame
from ganlab.generators import Recurrent
from ganlab.latents import Gumbel
from ganlab.losses import NonSaturating
from ganlab.metrics import (
    AdversaryGain,
    Duplicates,
    NGramDivergence,
    Novelty,
    ReversePerplexity,
    SampleStatistics,
    SelfBLEU,
    UnseenReal,
    UnsuitableMetricError,
)
from ganlab.metrics.ngram_divergence import jensen_shannon
from ganlab.metrics.self_bleu import BLEUReferences
from ganlab.metrics.statistics import gather
from ganlab.metrics.tokens import are_among, n_grams

DATA = SimpleNamespace(spec=spec_of(6))
FEATURES = SymbolCounts(DATA)


def statistics(metric, *texts):
    samples = encode(*texts)
    parts = [(FeatureBatch(part, samples=part), start) for start, part in ((0, samples[:1]), (1, samples[1:]))]
    return SampleStatistics(gather(iter(parts), metric.statistics))


def scores(metric, real, fake):
    return metric.compute(statistics(metric, *real), statistics(metric, *fake))


def test_features_count_symbols() -> None:
    assert FEATURES(encode("abca", "")).features.tolist() == [[2, 1, 1, 4], [0, 0, 0, 0]]


def test_equal_distributions_diverge_by_nothing_and_disjoint_ones_by_one_bit() -> None:
    metric = NGramDivergence(FEATURES, DATA)
    equal = scores(metric, ["abc", "ca"], ["ca", "abc", "ca", "abc"])
    assert equal == pytest.approx({"js1": 0, "js2": 0, "js3": 0, "js4": 0}, abs=1e-12)
    apart = scores(metric, ["aaa"], ["bbb"])
    assert apart["js3"] == apart["js4"] == pytest.approx(1)
    assert 0 < apart["js1"] < 1  # both have a begin and an end


def test_the_divergence_is_that_of_the_formula() -> None:
    first, second = torch.tensor([[0], [0], [0], [1]]), torch.tensor([[0], [1], [1], [2]])
    p, q = [3 / 4, 1 / 4, 0], [1 / 4, 1 / 2, 1 / 4]
    mean = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    expected = sum(
        share * math.log2(share / m) / 2 for side in (p, q) for share, m in zip(side, mean, strict=True) if share
    )
    assert jensen_shannon(first, second) == pytest.approx(expected)
    assert jensen_shannon(first, first[:0]) == 1


def test_n_grams_include_begin_and_end() -> None:
    rows = encode("ab").argmax(-1)
    assert n_grams(rows, 2).tolist() == [[1, 3], [3, 4], [4, 2]]
    assert n_grams(rows, 4).tolist() == [[1, 3, 4, 2]]
    assert n_grams(rows, 5).tolist() == []
    assert n_grams(rows, 50).shape == (0, 50)


def test_shares_of_copies_and_of_held_out_sequences() -> None:
    fake = ["abc", "abc", "ca", "b"]
    assert scores(Novelty(FEATURES, DATA), ["abc", "bb"], fake) == {"copied": 0.5, "novel": 0.5}
    assert scores(UnseenReal(FEATURES, DATA), ["ca", "cc"], fake) == {"unseen_real": 0.25}
    assert are_among(torch.tensor([[3, 2], [4, 2]]), torch.tensor([[4, 2, 0]])).tolist() == [False, True]


def test_bleu_is_that_of_nltk() -> None:
    """NLTK 3.10.4, sentence_bleu with SmoothingFunction().method1."""
    references = BLEUReferences([list(map(ord, text)) for text in ("sitting", "mitten", "kit")])
    known = {"kitten": 0.9036020036098448, "kit": 0.5623413251903491, "sitting": 1.0, "x": 0.0}
    found = {text: references.bleu(list(map(ord, text))) for text in known}
    assert found == pytest.approx(known, abs=1e-12)


def test_bleu_equals_an_installed_nltk() -> None:
    bleu = pytest.importorskip("nltk.translate.bleu_score", reason="the package nltk is not installed")
    numbers = [list(map(int, row[: 1 + row[0]])) for row in Random(0).integers("rows", 4, (60, 9)).tolist()]
    references = BLEUReferences(numbers[:20])
    smoothing = bleu.SmoothingFunction().method1
    for row in numbers[20:]:
        expected = bleu.sentence_bleu(numbers[:20], row, smoothing_function=smoothing)
        assert references.bleu(row) == pytest.approx(expected, abs=1e-6)


def test_self_bleu_is_high_for_repetitions_and_its_gap_is_that_from_real_sequences() -> None:
    metric = SelfBLEU(FEATURES, DATA, hypotheses=2, references=2)
    same = scores(metric, ["abcab", "bcabc", "cabca", "ccbba"], ["abcab"] * 4)
    assert same["self_bleu"] == pytest.approx(1)
    assert same["unique"] == 0.25
    assert same["self_bleu_gap"] > 0.1
    own = scores(metric, ["abc", "bca", "cab", "abc"], ["abc", "bca", "cab", "abc"])
    assert own["self_bleu_gap"] == 0
    with pytest.raises(ValueError, match="at least 2 real and 2 generated samples, got 1"):
        scores(metric, ["a", "b"], ["a"])
    with pytest.raises(ValueError, match="hypotheses must be at least 1"):
        SelfBLEU(FEATURES, DATA, hypotheses=0)


def test_perplexity_is_that_of_the_formula() -> None:
    """Witten-Bell by hand: after begin, a was seen twice and b once; after a, the end twice; after b, the end once."""
    metric = ReversePerplexity(FEATURES, DATA, order=2)
    uniform = 1 / 4  # a, b, c and the end
    unigram = {"a": (2 + 3 * uniform) / 9, "end": (3 + 3 * uniform) / 9}
    first, last = (2 + 2 * unigram["a"]) / 5, (2 + 1 * unigram["end"]) / 3
    found = scores(metric, ["a"], ["a", "a", "b"])["reverse_perplexity"]
    assert found == pytest.approx(math.exp(-(math.log(first) + math.log(last)) / 2))


def test_perplexity_of_unseen_symbols_is_finite_and_noise_predicts_worse_than_text() -> None:
    metric = ReversePerplexity(FEATURES, DATA)
    held_out = ["abca", "abcc", "abab"]
    near, far = (scores(metric, held_out, fake)["reverse_perplexity"] for fake in (["abc", "abca"], ["cba", "bbbb"]))
    assert near < far < 12
    with pytest.raises(ValueError, match="order must be at least 1"):
        ReversePerplexity(FEATURES, DATA, order=0)


@pytest.mark.parametrize("metric", [NGramDivergence, Novelty, UnseenReal, SelfBLEU, ReversePerplexity])
def test_other_data_are_refused_and_no_sample_is_an_error(metric) -> None:
    points = SimpleNamespace(spec=Spec((2,)))
    with pytest.raises(UnsuitableMetricError, match=f"metric={metric.name} is for sequences of symbols"):
        metric(FEATURES, points)
    with pytest.raises(ValueError, match="needs at least"):
        scores(metric(FEATURES, DATA), ["a", "b"], [])
    with pytest.raises(ValueError, match="symbol_counts reads sequences of symbols"):
        SymbolCounts(points)


def build_game(pretraining_steps):
    torch.manual_seed(0)
    return GumbelGame(
        DATA.spec,
        lambda spec: Recurrent(spec, width=4, embedding=2),
        lambda spec: SequenceCNN(spec, width=2, embedding=2),
        NonSaturating(),
        {},
        Identity(),
        Gumbel(),
        pretraining_steps=pretraining_steps,
    )


def gain_of(game, step, **settings):
    metrics = {"unseen_real": UnseenReal, "self_bleu": SelfBLEU, "novelty": Novelty}
    metric = AdversaryGain(FEATURES, DATA, metrics, **settings)
    real = {"test": Batch(encode("abc", "a", "ca")), "train": Batch(encode("b", "bb"))}
    context = build_context(game, DATA.spec, FEATURES, step)
    own = {"samples": 60, "real_batches": lambda split, count: iter([real[split]])}
    return metric.measure(SimpleNamespace(**{**vars(context), **own}))


def test_an_unchanged_generator_gains_nothing_and_one_that_ends_at_once_is_measured() -> None:
    game = build_game(pretraining_steps=2)
    same = gain_of(game, step=2, repeats=2)
    assert {same[name] for name in same if "_gain" in name} == {0.0}
    with torch.no_grad():
        game.generator.output.bias[2] += 50  # the end, at once
    game.pretrained.output.bias.data[2] -= 50
    found = gain_of(game, step=2, repeats=3)
    assert found["unique_gain"] == pytest.approx(1 / 60 - found["unique_likelihood"])
    assert found["copied_gain"] <= 0
    assert found["unique_gain_standard_error"] < 0.05


def test_before_the_end_of_pretraining_and_without_it_there_is_no_gain() -> None:
    assert gain_of(build_game(pretraining_steps=2), step=1) == {}
    assert gain_of(build_game(pretraining_steps=0), step=9) == {}


def test_a_gain_needs_repeats_and_metrics_of_sequences() -> None:
    with pytest.raises(ValueError, match="repeats must be at least 2"):
        AdversaryGain(FEATURES, DATA, {}, repeats=1)
    with pytest.raises(ValueError, match=r"metrics\.duplicates must be a metric of sequences alone"):
        AdversaryGain(FEATURES, DATA, {"duplicates": Duplicates})
