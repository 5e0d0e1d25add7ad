"""The training loop on pictures of dots: it learns, goes on as if it had never stopped, and stops where it must."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from throng.core.clock import ManualClock
from throng.core.scoring import error_stats
from throng.train.errors import TrainError
from throng.train.recipe import Recipe
from throng.train.run_folder import RunFolder
from throng.train.schedule import Schedule, ema_decay

pytestmark = pytest.mark.usefixtures("pytorch")

RECIPE = Recipe(
    network="dots",
    losses={"count": 1.0},
    crop_px=64,
    batch=4,
    iterations=60,
    learning_rate=0.02,
    warm_up=5,
    ema=0.9,
    negatives=0.1,
    empty_scenes=0,
    simulated=0,
    corruption=0.0,
    evaluations=3,
    seed=7,
    ahead=0,
)


def dots(seed: int, size: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """Between 0 and 30 white squares of 5 px on dark grey, and their centres."""
    rng = np.random.default_rng(seed)
    heads = rng.integers(4, size - 4, (int(rng.integers(31)), 2)).astype(float)
    image = np.full((size, size, 3), 40, dtype=np.uint8)
    for u, v in heads.astype(int):
        image[v - 2 : v + 3, u - 2 : u + 3] = 230
    return image, heads


def make_network(seed: int = 0) -> Any:
    import torch
    from torch import nn

    torch.manual_seed(seed)

    class Dots(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(3, 8, 5, stride=4, padding=2), nn.BatchNorm2d(8), nn.ReLU())
            self.mix = nn.Sequential(nn.Conv2d(8, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Dropout2d(0.05))
            self.out = nn.Conv2d(8, 1, 1)

        def forward(self, x: Any) -> Any:
            return nn.functional.softplus(self.out(self.mix(self.features(x / 255))) - 2)

    return Dots()


def count_loss(density: Any, points: list[Any]) -> dict[str, Any]:
    from throng.train.losses import build_loss

    return {"count": build_loss("block-count")(density, points, 8)}


def judge(network: Any) -> Any:
    """Errors on six pictures that are not trained on."""
    import torch

    from throng.train.validation import Score, Validation

    pictures = [dots(seed) for seed in range(100, 106)]
    blob = torch.from_numpy(np.stack([image for image, _ in pictures])).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        counts = network.eval()(blob).sum(dim=(1, 2, 3)).numpy()
    return Validation((Score("dots", error_stats(counts, [len(heads) for _, heads in pictures])),), 0.0)


def make_trainer(
    folder: Path,
    recipe: Recipe = RECIPE,
    *,
    losses: Callable[[Any, list[Any]], dict[str, Any]] = count_loss,
    resume: bool = False,
    network_seed: int = 0,
    clock: ManualClock | None = None,
) -> Any:
    import torch

    from throng.train.batches import BatchMaker
    from throng.train.loop import Trainer
    from throng.train.pictures import PictureGroup, hold

    cpu = torch.device("cpu")
    pictures = tuple(hold(f"dots_{seed}", *dots(seed), device=cpu) for seed in range(20))
    group = PictureGroup("plaza", pictures, 1.0, (0.9, 1.1))
    maker = BatchMaker([group], crop_px=recipe.crop_px, batch=recipe.batch, corruption=recipe.corruption, seed=7)
    run = RunFolder(folder)
    if not resume:
        run.create(recipe, device="cpu")
    network = make_network(network_seed)
    trainer = Trainer(network, recipe=recipe, maker=maker, losses=losses, validate=judge, run=run, clock=clock)
    if resume:
        trainer.resume()
    return trainer


def weights(trainer: Any) -> dict[str, Any]:
    return {name: value.clone() for name, value in trainer.average.state_dict().items()}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    import torch

    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def test_it_learns_to_count_dots(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path / "run", RECIPE.changed(iterations=240, evaluations=6))
    before = judge(trainer.average).scores[0].stats.mae
    moment = trainer.fit()
    assert moment.finished
    assert moment.validation.scores[0].stats.mae < 0.25 * before
    run = RunFolder(tmp_path / "run")
    rows = run.metrics()
    maes = [row["validation"]["dots"]["mae"] for row in rows if "validation" in row]
    assert len(maes) == 6
    assert maes[-1] == pytest.approx(moment.validation.scores[0].stats.mae)
    losses = [row["losses"]["count"] for row in rows if "losses" in row]
    assert np.mean(losses[-3:]) < 0.65 * losses[0]
    assert run.curves.read_bytes().startswith(b"\x89PNG")
    assert {"commit", "packages", "device"} <= json.loads((run.root / "environment.json").read_text("utf-8")).keys()


@pytest.mark.parametrize("ahead", [0, 2])
def test_a_resumed_run_ends_as_one_that_never_stopped(tmp_path: Path, ahead: int) -> None:
    recipe = RECIPE.changed(ahead=ahead)
    whole = make_trainer(tmp_path / "whole", recipe)
    whole.fit()
    first = make_trainer(tmp_path / "parts", recipe)
    stopped = first.fit(stop=lambda: first.moment.step == 27)
    assert stopped.step == 27
    assert not stopped.finished
    second = make_trainer(tmp_path / "parts", recipe, resume=True, network_seed=99)
    assert second.moment.step == 27
    assert second.fit().finished
    assert same(weights(whole), weights(second))
    one, other = ([row for row in RunFolder(tmp_path / n).metrics() if "validation" in row] for n in ("whole", "parts"))
    assert one == other


def test_the_seed_decides_the_batches(tmp_path: Path) -> None:
    from throng.train.batches import batches_from

    first, again = (make_trainer(tmp_path / name)._maker for name in "ab")
    with batches_from(again, 3, ahead=2) as batches:
        made = next(batches)
    assert str(first.make(3)) == str(made)
    assert (first.make(3).images == made.images).all()
    assert str(first.make(4)) != str(made)


def test_a_loss_that_is_not_a_number_stops_and_names_the_batch(tmp_path: Path) -> None:
    from throng.train.loop import DivergedError
    from throng.train.saving import read_state

    steps: list[int] = []

    def breaking(density: Any, points: list[Any]) -> dict[str, Any]:
        steps.append(1)
        return {"count": count_loss(density, points)["count"] * (float("nan") if len(steps) == 31 else 1.0)}

    trainer = make_trainer(tmp_path / "run", losses=breaking)
    with pytest.raises(DivergedError) as stopped:
        trainer.fit()
    message = str(stopped.value)
    assert "the loss became nan (count nan) at step 30" in message
    assert f"the state before it is kept in {tmp_path / 'run' / 'state.pt'}" in message
    assert "Batch 30: " in message
    assert message.count(" of plaza, ") == RECIPE.batch
    assert all(words in message for words in ("dots_", "px square at ("))

    import torch

    state = read_state(tmp_path / "run" / "state.pt", network="dots", device=torch.device("cpu"))
    assert state["step"] == 30
    assert all(bool(torch.isfinite(value).all()) for value in state["weights"].values())
    whole = make_trainer(tmp_path / "whole")
    whole.fit()
    second = make_trainer(tmp_path / "run", resume=True)
    second.fit()
    assert same(weights(whole), weights(second))


def test_broken_pictures_do_not_spoil_the_kept_statistics(tmp_path: Path) -> None:
    """A batch norm takes over what it sees before anybody looks at the loss."""
    import torch

    from throng.train.loop import DivergedError

    trainer = make_trainer(tmp_path / "run")
    make = trainer._maker.make

    def poisoned(step: int) -> Any:
        batch = make(step)
        if step == 12:
            batch.images.fill_(float("inf"))
        return batch

    trainer._maker.make = poisoned
    with pytest.raises(DivergedError, match="Batch 12: "):
        trainer.fit()
    again = make_trainer(tmp_path / "run", resume=True)
    assert all(bool(torch.isfinite(value).all()) for value in again._network.state_dict().values())
    assert again.moment.step == 12


def test_a_state_of_something_else_is_refused(tmp_path: Path) -> None:
    import torch

    trainer = make_trainer(tmp_path / "run", RECIPE.changed(iterations=4))
    trainer.fit()
    state = tmp_path / "run" / "state.pt"
    other = make_trainer(tmp_path / "other", RECIPE.changed(network="mcnn"))
    (tmp_path / "other" / "state.pt").write_bytes(state.read_bytes())
    with pytest.raises(TrainError, match="this is a training of dots, not of mcnn"):
        other.resume()
    for content in (b"", b"\x00" * 500, b"PK\x03\x04 half a file"):
        state.write_bytes(content)
        with pytest.raises(TrainError, match="expected the state of a training"):
            trainer.resume()
    torch.save({"weights": {}}, state)
    with pytest.raises(TrainError, match="expected the state of a training"):
        trainer.resume()
    state.unlink()
    with pytest.raises(TrainError, match="there is no state to go on from"):
        trainer.resume()


def test_minutes_are_those_of_training_alone(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))

    def slow(density: Any, points: list[Any]) -> dict[str, Any]:
        clock.advance(3.0)
        return count_loss(density, points)

    trainer = make_trainer(tmp_path / "run", RECIPE.changed(minutes=1), losses=slow, clock=clock)
    shares: list[float] = []
    moment = trainer.fit(told=lambda now: shares.append(now.progress))
    assert moment.step == 20
    assert shares == pytest.approx(np.arange(1, 21) / 20)


def test_frozen_parts_stay_and_unknown_ones_are_named(tmp_path: Path) -> None:
    import torch

    trainer = make_trainer(tmp_path / "run", RECIPE.changed(iterations=5, freeze=("features.0",)))
    before = trainer._network.features[0].weight.clone()
    mixed = trainer._network.mix[0].weight.clone()
    trainer.fit()
    assert torch.equal(trainer._network.features[0].weight, before)
    assert not torch.equal(trainer._network.mix[0].weight, mixed)
    with pytest.raises(TrainError, match="no parameter of the network begins with 'backbone'; its parts are: features"):
        make_trainer(tmp_path / "x", RECIPE.changed(freeze=("backbone",)))
    with pytest.raises(TrainError, match="nothing is left to train"):
        make_trainer(tmp_path / "y", RECIPE.changed(freeze=("features", "mix", "out")))


def test_pretrained_features_learn_more_slowly(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path / "run", RECIPE.changed(iterations=10))
    trainer.fit()
    slow, fast = (group["lr"] for group in trainer._optimizer.param_groups)
    assert slow == pytest.approx(0.3 * fast)


def test_the_rate_rises_then_falls_to_its_final_share() -> None:
    schedule = Schedule(iterations=1000, seconds=None, warm_up=100, final_share=0.01)
    rates = [schedule.rate(step, schedule.progress(step, 0.0)) for step in range(1001)]
    assert rates[0] == pytest.approx(0.01, rel=0.01)
    assert int(np.argmax(rates)) == 99
    assert rates[500] == pytest.approx(0.505)
    assert rates[1000] == pytest.approx(0.01)
    assert [ema_decay(step, 0.999) for step in (1, 10, 100_000)] == pytest.approx([2 / 11, 0.55, 0.999])


def test_the_first_steps_see_more_of_each_picture(pytorch: None) -> None:
    """Coarse steps shrink pictures, so that a window covers more of them."""
    import torch

    from throng.train.batches import BatchMaker
    from throng.train.pictures import Picture, PictureGroup

    picture = Picture("street", torch.zeros(600, 800, 3, dtype=torch.uint8), np.zeros((0, 2)))
    group = PictureGroup("streets", (picture,), 1.0, (1.0, 1.0))
    maker = BatchMaker([group], crop_px=64, batch=1, corruption=0.0, seed=3, coarse=(2, 0.5))
    sides = [maker.make(step).places[0].split(", ")[1].split(" px")[0] for step in range(4)]
    assert sides == ["128", "128", "64", "64"]


def test_averaged_weights_get_statistics_of_their_own(pytorch: None) -> None:
    """Batch normalisation as after training on a million batches, whatever the last ones were."""
    import torch
    from torch import nn

    from throng.train.batch_norm import measure_statistics

    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4))
    dice = torch.Generator().manual_seed(5)
    batches = [level + 10 * torch.rand(8, 3, 16, 16, generator=dice) for level in (0, 40, 80, 120)]
    network.train()
    network(batches[-1])  # the last batch alone decides a tenth of the running statistics
    measure_statistics(network.eval(), batches)
    with torch.no_grad():
        means = network[0](torch.cat(batches)).mean(dim=(0, 2, 3))
    norm = network[1]
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    torch.testing.assert_close(norm.running_mean, means, rtol=1e-4, atol=1e-3)
    assert (norm.momentum, network.training) == (0.1, False)
