"""Light, weather, lens, sensor and codec on batches of crops."""

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("pytorch")


def street(seed: int = 0, side: int = 128) -> np.ndarray:
    """A picture with edges, colours and fine structure."""
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(30, 225, (9, 9, 3), dtype=np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)
    for _ in range(25):
        at = tuple(int(v) for v in rng.integers(0, side, 2))
        cv2.circle(image, at, int(rng.integers(2, 9)), tuple(int(v) for v in rng.integers(0, 256, 3)), cv2.FILLED)
    return image


@pytest.mark.parametrize("quality", [8, 25, 50, 90])
def test_jpeg_is_what_a_real_coder_does(quality: int) -> None:
    import torch

    from throng.train.jpeg import coded

    image = street()
    ours = coded(torch.from_numpy(image).permute(2, 0, 1)[None].float(), torch.tensor([float(quality)]))
    _, file = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    real = np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), dtype=float)
    mine = ours[0].permute(1, 2, 0).clamp(0, 255).numpy().astype(float)
    lost = np.abs(real - image).mean()
    assert np.abs(mine - real).mean() < 0.35 * lost + 0.4
    assert np.abs(mine - image).mean() == pytest.approx(lost, rel=0.15)


def test_a_batch_depends_on_its_seed_and_stays_a_picture() -> None:
    import torch

    from throng.train.augment import Chance, augment

    clean = torch.stack([torch.from_numpy(street(seed)).permute(2, 0, 1).float() for seed in range(16)])
    cpu = torch.device("cpu")
    first, again, other = (augment(clean.clone(), corruption=1.0, chance=Chance((seed,), cpu)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.min() >= 0
    assert first.max() <= 255
    assert torch.equal(first, first.round())


@pytest.mark.parametrize("kind", ["night", "rain", "blur", "noise", "jpeg"])
def test_each_kind_spoils_every_crop_in_its_own_way(kind: str) -> None:
    import torch

    from throng.train import augment

    clean = torch.stack([torch.from_numpy(street(seed)).permute(2, 0, 1).float() for seed in range(4)])
    spoiled = getattr(augment, kind)(clean.clone(), augment.Chance((3,), torch.device("cpu")))
    change = (spoiled - clean).abs().mean(dim=(1, 2, 3))
    assert spoiled.shape == clean.shape
    assert torch.isfinite(spoiled).all()
    assert change.min() > 0.5
    assert len(set(change.round(decimals=3).tolist())) == 4
    if kind == "night":
        assert (spoiled.mean(dim=(1, 2, 3)) < clean.mean(dim=(1, 2, 3))).all()
    if kind == "blur":
        edges, clean_edges = (x.diff(dim=-1).square().mean(dim=(1, 2, 3)) for x in (spoiled, clean))
        assert (edges < 0.8 * clean_edges).all()


def test_a_blur_moves_nobody() -> None:
    import torch

    from throng.train.augment import Chance, blur

    dot = torch.zeros(1, 3, 64, 64)
    dot[:, :, 20, 41] = 255
    seen = blur(dot, Chance((0,), torch.device("cpu")))[0, 0]
    assert divmod(int(seen.argmax()), 64) == (20, 41)
    assert seen.sum().item() == pytest.approx(255, rel=1e-3)
