"""The losses and their targets, against exact solutions and straightforward computations."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from throng.train.errors import TrainError

pytestmark = pytest.mark.usefixtures("pytorch")

STRIDE = 8
DENSITY_LOSSES = ["mse", "bayesian", "dm-count", "block-count", "poisson", "structural"]


def crowd(*counts: int, side: int = 128, seed: int = 0) -> list[Any]:
    import torch

    rng = np.random.default_rng(seed)
    return [torch.from_numpy(rng.uniform(-0.5, side - 0.5, (n, 2)).astype(np.float32)) for n in counts]


def test_cell_counts_put_each_head_into_its_cell() -> None:
    import torch

    from throng.train.losses.targets import cell_counts

    # The first pixel of cell 1 is 8; its left edge is at 7.5. Heads on the outer edge count in the last cell.
    points = [torch.tensor([[7.4, 0.0], [7.6, 0.0], [15.6, 23.9]]), torch.zeros(0, 2)]
    counts = cell_counts(points, (3, 2), STRIDE)
    assert counts[0, 0].tolist() == [[1, 1], [0, 0], [0, 1]]
    assert counts[1].sum() == 0


@pytest.mark.parametrize("stride", [1, 4, 8])
@pytest.mark.parametrize("sigma", [0.3, 4.0, 60.0, "adaptive"])
def test_blurred_targets_sum_to_the_number_of_heads(stride: int, sigma: float | str) -> None:
    import torch

    from throng.train.losses.targets import adaptive_sigmas, gaussian_density

    (points,) = crowd(40, side=64)
    points = torch.cat((points, torch.tensor([[-0.5, -0.5], [63.5, 63.5], [10.0, 10.0], [10.0, 10.0]])))
    sigmas = adaptive_sigmas(points, (64, 64)) if isinstance(sigma, str) else sigma
    density = gaussian_density(points, (64 // stride, 64 // stride), stride, sigmas)
    assert float(density.sum()) == pytest.approx(44, rel=1e-5)
    assert float(density.min()) >= 0


def test_blurred_target_is_a_gaussian_around_the_head() -> None:
    import torch

    from throng.train.losses.targets import gaussian_density

    density = gaussian_density(torch.tensor([[20.0, 12.0]]), (32, 48), 1, 2.0).numpy()
    y, x = np.mgrid[:32, :48]
    expected = np.exp(-((x - 20) ** 2 + (y - 12) ** 2) / 8) / (8 * np.pi)
    np.testing.assert_allclose(density, expected, atol=1e-3)
    assert np.unravel_index(density.argmax(), density.shape) == (12, 20)


def test_adaptive_sigma_follows_the_three_nearest() -> None:
    import torch

    from throng.train.losses.targets import adaptive_sigmas

    points = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 20.0], [30.0, 0.0], [0.0, 90.0]])
    assert float(adaptive_sigmas(points, (100, 100))[0]) == pytest.approx(0.3 * (10 + 20 + 30) / 3)
    assert adaptive_sigmas(points[:1], (100, 60)).tolist() == [20.0]
    assert adaptive_sigmas(points[:2], (100, 60)).tolist() == pytest.approx([3.0, 3.0])
    assert len(adaptive_sigmas(points[:0], (100, 60))) == 0


def test_block_counts_by_hand() -> None:
    import torch

    from throng.train.losses import build_loss

    loss = build_loss("block-count", blocks=((1, 1.0), (2, 10.0), (4, 100.0)), unit=1.0)
    density = torch.zeros(1, 1, 2, 3)
    density[0, 0, 0, 0] = 2.0
    points = [torch.tensor([[12.0, 4.0]])]  # cell (0, 1): right block of 2, wrong cell, one too many
    # Cells: |2| + |−1|. Blocks of 2: |2 − 1|. Blocks of 4 are larger than the map.
    assert float(loss(density, points, STRIDE)) == pytest.approx(3 + 10)


def test_poisson_loss_is_smallest_at_the_mean_where_an_absolute_error_prefers_nobody() -> None:
    """Three crops of one cell, with a head in one of them: the mean is 1/3, the median 0."""
    import torch

    from throng.train.losses import build_loss

    points = [torch.tensor([[4.0, 4.0]]), torch.zeros(0, 2), torch.zeros(0, 2)]
    best = {}
    for name in ("poisson", "block-count"):
        loss = build_loss(name)
        levels = torch.linspace(0.01, 1, 100)
        values = [float(loss(torch.full((3, 1, 1, 1), float(level)), points, STRIDE)) for level in levels]
        best[name] = float(levels[int(np.argmin(values))])
    assert best["poisson"] == pytest.approx(1 / 3, abs=0.02)
    assert best["block-count"] == pytest.approx(0.01)


def test_bayesian_loss_of_perfect_and_of_displaced_people() -> None:
    import torch

    from throng.train.losses import build_loss
    from throng.train.losses.targets import cell_counts

    points = [torch.tensor([[19.5, 19.5], [99.5, 27.5], [51.5, 107.5]])]
    perfect = cell_counts(points, (16, 16), STRIDE)
    loss = build_loss("bayesian", sigma_px=4.0)
    assert float(loss(perfect, points, STRIDE)) < 1e-3
    assert float(loss(perfect.flip(3), points, STRIDE)) > 3
    assert float(loss(torch.zeros(1, 1, 16, 16), points, STRIDE)) == pytest.approx(3)
    # Somebody in a far corner belongs to the background, and only with it is he too many there.
    ghost = perfect.clone()
    ghost[0, 0, 15, 15] += 1
    assert float(loss(ghost, points, STRIDE)) == pytest.approx(1, abs=0.1)


def test_transport_reaches_the_exact_assignment() -> None:
    import torch

    from throng.train.losses.sinkhorn import sinkhorn

    rng = np.random.default_rng(1)
    cost = rng.uniform(0, 100, (7, 7))
    rows, columns = linear_sum_assignment(cost)
    even = torch.full((7,), 1 / 7, dtype=torch.float64)
    found = sinkhorn(torch.from_numpy(cost), even, even, epsilon=0.3, iterations=3000)
    exact = cost[rows, columns].mean()
    assert float((found.plan * torch.from_numpy(cost)).sum()) == pytest.approx(exact, rel=0.01)
    # With its entropy, at most epsilon · ln 7 more.
    assert exact <= float(found.value) + 1e-6
    assert float(found.value) == pytest.approx(exact, abs=0.3 * np.log(7) + 0.01)
    np.testing.assert_allclose(found.plan.sum(0), even, atol=1e-9)


def test_transport_gradient_is_that_of_its_value() -> None:
    import torch

    from throng.train.losses.sinkhorn import sinkhorn

    rng = np.random.default_rng(2)
    cost = torch.from_numpy(rng.uniform(0, 50, (4, 6)))
    a = torch.full((4,), 0.25, dtype=torch.float64)
    b = torch.from_numpy(rng.dirichlet(np.ones(6)))
    step = torch.zeros(6, dtype=torch.float64)
    step[1], step[4] = 1e-4, -1e-4
    values = [sinkhorn(cost, a, b + sign * step, epsilon=5, iterations=400).value for sign in (1, -1)]
    g = sinkhorn(cost, a, b, epsilon=5, iterations=400).target_potential
    assert float(values[0] - values[1]) / 2e-4 == pytest.approx(float(g[1] - g[4]), rel=1e-3)


def test_transport_survives_far_people_and_empty_cells() -> None:
    import torch

    from throng.train.losses import build_loss

    density = torch.zeros(1, 1, 64, 64)
    density[0, 0, 63, 63] = 1.0
    density.requires_grad_(True)
    loss = build_loss("dm-count", variation_weight=0.0)(density, [torch.tensor([[3.5, 3.5]])], STRIDE)
    assert float(loss.detach()) == pytest.approx(0.1 * 2 * (63 * 8) ** 2, rel=1e-4)
    loss.backward()
    assert density.grad is not None
    assert torch.isfinite(density.grad).all()
    assert float(density.grad[0, 0, 0, 0]) < float(density.grad[0, 0, 63, 62])


def test_dm_count_of_a_perfect_prediction() -> None:
    import torch

    from throng.train.losses import build_loss
    from throng.train.losses.targets import cell_centres, cell_counts

    x, y = cell_centres((8, 8), STRIDE, torch.device("cpu"))
    points = [torch.stack((x[[1, 4, 6]], y[[2, 2, 7]]), dim=1)]
    perfect = cell_counts(points, (8, 8), STRIDE)
    # What is left is the entropy of an even distribution over three heads, times its weight.
    assert float(build_loss("dm-count")(perfect, points, STRIDE)) == pytest.approx(0.1 * 10 * np.log(3), rel=1e-3)
    assert float(build_loss("dm-count")(2 * perfect, points, STRIDE)) == pytest.approx(3 + np.log(3), rel=1e-3)


def ssim_by_hand(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    window /= window.sum()
    values = []
    for top in range(first.shape[0] - 10):
        for left in range(first.shape[1] - 10):
            a, b = (image[top : top + 11, left : left + 11] for image in (first, second))
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
            both = (window * (a - mean_a) * (b - mean_b)).sum()
            above = (2 * mean_a * mean_b + 1e-4) * (2 * both + 9e-4)
            values.append(above / ((mean_a**2 + mean_b**2 + 1e-4) * (var_a + var_b + 9e-4)))
    return float(np.mean(values))


def test_ssim_against_a_loop() -> None:
    import torch

    from throng.train.losses.structural import mean_ssim

    rng = np.random.default_rng(3)
    first = rng.uniform(0, 1, (20, 17))
    second = np.clip(first + rng.normal(0, 0.3, first.shape), 0, 1)
    maps = [torch.from_numpy(image).float()[None, None] for image in (first, second)]
    assert float(mean_ssim(maps[0], maps[1])) == pytest.approx(ssim_by_hand(first, second), abs=1e-4)
    assert float(mean_ssim(maps[0], maps[0])) == pytest.approx(1, abs=1e-5)


def test_structural_loss_needs_room_for_its_window() -> None:
    import torch

    from throng.train.losses import build_loss

    with pytest.raises(TrainError, match="at least 11 × 11 cells, got 8 × 16"):
        build_loss("structural")(torch.zeros(1, 1, 16, 8), crowd(2), STRIDE)


def test_head_loss_rewards_the_right_cell() -> None:
    import torch

    from throng.train.losses import LOSSES, build_loss

    loss = build_loss("head-focal")
    assert LOSSES["head-focal"].of == "points"
    points = [torch.tensor([[21.5, 13.5]])]
    logits = torch.full((1, 1, 16, 16), -3.0, requires_grad=True)
    loss(logits, points, 4).backward()
    assert logits.grad is not None
    gradient = logits.grad[0, 0]
    assert int(gradient.argmin()) == 3 * 16 + 5  # row 3, column 5 should rise
    assert int((gradient < 0).sum()) == 1
    assert 0 < gradient[3, 6] < gradient[12, 12]  # a neighbour is excused in part
    right = torch.full((1, 1, 16, 16), -9.0)
    right[0, 0, 3, 5] = 9.0
    assert float(loss(right, points, 4)) < 1e-3
    assert float(loss(100 * torch.ones(1, 1, 16, 16), [torch.zeros(0, 2)], 4)) > 1e3


@pytest.mark.parametrize("name", DENSITY_LOSSES)
def test_gradients_lead_to_the_right_number_at_the_right_place(name: str) -> None:
    import torch

    from throng.train.losses import build_loss

    loss = build_loss(name)
    points = [torch.tensor([[35.5, 35.5]]), torch.zeros(0, 2)]
    few, many = (torch.full((2, 1, 16, 16), level, requires_grad=True) for level in (1e-4, 0.05))
    for density in (few, many):
        value = loss(density, points, STRIDE)
        assert value.shape == ()
        assert value.dtype == torch.float32
        value.backward()
    assert few.grad is not None
    assert many.grad is not None
    assert few.grad[0, 0, 4, 4] < 0  # somebody is there
    assert many.grad[0, 0, 15, 15] > 0  # nobody is
    assert many.grad[1].min() >= 0
    assert torch.isfinite(few.grad).all()
    assert torch.isfinite(many.grad).all()


@pytest.mark.parametrize("name", DENSITY_LOSSES)
def test_descending_a_loss_finds_the_people(name: str) -> None:
    import torch

    from throng.train.losses import build_loss

    options: dict[str, object] = {"iterations": 25} if name == "dm-count" else {}
    loss, points = build_loss(name, **options), crowd(6, 0, 2, seed=4)
    raw = torch.full((3, 1, 16, 16), -3.0, requires_grad=True)
    optimizer = torch.optim.Adam([raw], lr=0.3)
    first = last = float("nan")
    for step in range(150):
        value = loss(torch.nn.functional.softplus(raw), points, STRIDE)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        first, last = (float(value.detach()) if step == 0 else first), float(value.detach())
    counts = torch.nn.functional.softplus(raw).detach().sum((1, 2, 3)).tolist()
    assert last < first
    assert counts == pytest.approx([6, 0, 2], abs=0.8)


def test_losses_of_empty_batches_of_points_are_finite() -> None:
    import torch

    from throng.train.losses import LOSSES, build_loss

    for name in LOSSES:
        density = torch.zeros(2, 1, 16, 16, requires_grad=True)
        value = build_loss(name)(density, [torch.zeros(0, 2)] * 2, STRIDE)
        value.backward()
        assert torch.isfinite(value)
        assert density.grad is not None
        assert torch.isfinite(density.grad).all()


def test_wrong_requests_say_what_is_there() -> None:
    from throng.train.losses import build_loss

    with pytest.raises(TrainError, match="'hinge' is unknown; there are: mse, bayesian"):
        build_loss("hinge")
    with pytest.raises(TrainError, match="loss mse: its options do not fit"):
        build_loss("mse", colour=3)
