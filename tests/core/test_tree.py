import pytest
import torch

from ganlab.core import tree

NEST = {"a": torch.arange(8.0).reshape(4, 2), "b": [torch.arange(4), {"c": torch.ones(4, 1, 3)}], "d": None}


def equal(left, right):
    return all(torch.equal(x, y) for x, y in zip(tree.leaves(left), tree.leaves(right), strict=True))


def test_map_keeps_the_structure_and_visits_corresponding_leaves():
    doubled = tree.map(lambda x, y: x + y, NEST, NEST)
    assert torch.equal(doubled["a"], NEST["a"] * 2)
    assert torch.equal(doubled["b"][0], NEST["b"][0] * 2)
    assert torch.equal(doubled["b"][1]["c"], NEST["b"][1]["c"] * 2)
    assert doubled["d"] is None
    assert list(doubled) == ["a", "b", "d"]


def test_map_pairs_mappings_by_key_not_by_order():
    swapped = {"y": torch.tensor(20.0), "x": torch.tensor(10.0)}
    total = tree.map(torch.add, {"x": torch.tensor(1.0), "y": torch.tensor(2.0)}, swapped)
    assert (total["x"].item(), total["y"].item()) == (11, 22)


@pytest.mark.parametrize(
    ("one", "other", "error"),
    [([1, 2], [1], ValueError), ({"a": 1, "b": 2}, {"a": 1}, KeyError)],
)
def test_map_rejects_different_structures(one, other, error):
    with pytest.raises(error):
        tree.map(lambda x, y: x, one, other)


def test_leaves_come_in_order_without_none():
    assert [x.shape for x in tree.leaves(NEST)] == [(4, 2), (4,), (4, 1, 3)]
    assert tree.first(NEST) is NEST["a"]
    assert tree.length(NEST) == 4
    assert list(tree.leaves(None)) == []


def test_require_gradients_detaches_and_requires_gradients_of_floats_only():
    source = torch.ones(3, requires_grad=True)
    detached = tree.require_gradients({"x": source * 2, "n": torch.arange(3)})
    assert detached["x"].is_leaf
    assert detached["x"].requires_grad
    assert not detached["n"].requires_grad
    assert not tree.detach({"x": source * 2})["x"].requires_grad


def test_lerp_weighs_whole_samples():
    start, end = {"x": torch.zeros(3, 2, 2)}, {"x": torch.full((3, 2, 2), 8.0)}
    mixed = tree.lerp(start, end, torch.tensor([0.0, 0.25, 1.0]))["x"]
    assert torch.equal(mixed, torch.tensor([0.0, 2.0, 8.0]).reshape(3, 1, 1).expand(3, 2, 2))


@pytest.mark.parametrize("parts", [1, 2, 4])
def test_concatenation_undoes_split(parts):
    trees = tree.split(NEST, parts)
    assert len(trees) == parts
    assert all(tree.length(part) == 4 // parts for part in trees)
    assert equal(tree.map(lambda *x: torch.cat(x), *trees), NEST)


def test_split_rejects_unequal_parts():
    with pytest.raises(ValueError, match=r"^a batch of 4 cannot be split into 3 equal microbatches$"):
        tree.split(NEST, 3)


def test_squared_norm_sums_over_leaves_per_sample():
    nest = {"a": torch.tensor([[3.0, 4.0], [0.0, 1.0]]), "b": torch.tensor([[[2.0]], [[-1.0]]])}
    assert torch.equal(tree.squared_norm(nest), torch.tensor([29.0, 2.0]))


@pytest.mark.parametrize(("dtype", "expected"), [(torch.bfloat16, torch.float32), (torch.float64, torch.float64)])
def test_norms_are_computed_in_float32_or_float64(dtype, expected):
    assert tree.squared_norm(torch.ones(2, 3, dtype=dtype)).dtype == expected


def test_norms_of_float64_have_double_precision():
    x = torch.full((1, 1), 1 + 1e-12, dtype=torch.float64, requires_grad=True)
    norm = tree.squared_gradient_norm(x.square().sum(1) / 2, x)
    assert norm.item() - 1 == pytest.approx(2e-12, rel=1e-3)


def test_squared_gradient_norm_and_its_gradient_by_hand():
    # f = x₁² + 3 x₂: |∇f|² = 4 x₁² + 9, whose derivative by x₁ is 8 x₁; the integer leaf is ignored.
    x = torch.tensor([[2.0, 1.0], [-1.0, 5.0]], requires_grad=True)
    nest = {"x": x, "n": torch.tensor([1, 2])}
    norm = tree.squared_gradient_norm(x[:, 0].square() + 3 * x[:, 1], nest)
    assert torch.equal(norm, torch.tensor([25.0, 13.0]))
    (second,) = torch.autograd.grad(norm.sum(), x)
    assert torch.equal(second, torch.tensor([[16.0, 0.0], [-8.0, 0.0]]))


def test_second_derivatives_agree_with_finite_differences():
    weight = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)

    def penalty(weight):
        return tree.squared_gradient_norm((x @ weight).tanh().sum(1), x)

    assert torch.autograd.gradcheck(penalty, weight)
