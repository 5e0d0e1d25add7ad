"""How people are dressed."""

from dataclasses import dataclass

import numpy as np

from throng.core.points import FloatArray
from throng.sim.body import Build, Material
from throng.sim.setting import Colour

LOOKS = 64
"""So many different people there are; then clothes repeat."""

SKINS: tuple[Colour, ...] = (
    (178, 198, 234),
    (158, 182, 224),
    (132, 160, 206),
    (96, 126, 172),
    (66, 90, 132),
    (48, 66, 98),
)
HAIRS: tuple[Colour, ...] = ((24, 26, 30), (34, 42, 56), (44, 64, 92), (84, 124, 164), (130, 168, 196), (150, 154, 156))
TOPS: tuple[Colour, ...] = (
    (46, 42, 40), (84, 60, 46), (128, 92, 62), (62, 62, 122), (52, 54, 146), (196, 198, 200), (220, 222, 222),
    (124, 122, 118), (72, 88, 66), (86, 104, 76), (78, 132, 160), (128, 164, 186), (98, 72, 98), (160, 142, 122),
    (72, 82, 108), (36, 36, 38), (152, 132, 160), (70, 104, 160), (60, 56, 52), (92, 92, 94), (112, 126, 138),
    (66, 54, 48), (150, 156, 160), (108, 84, 64),
)  # fmt: skip
BOTTOMS: tuple[Colour, ...] = (
    (58, 46, 40), (102, 74, 54), (120, 92, 74), (44, 42, 42), (78, 80, 82), (110, 132, 150), (84, 98, 112),
    (36, 34, 34), (128, 124, 122),
)  # fmt: skip
SHOES: tuple[Colour, ...] = ((30, 30, 32), (44, 56, 76), (206, 206, 208), (66, 62, 60), (90, 70, 160))


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One way to be dressed.

    Attributes:
        build: the clothes as a shape.
        palette: (8, 3) blue, green, red for each `Material`.
    """

    build: Build
    palette: FloatArray


def wardrobe(rng: np.random.Generator, tint: tuple[float, float, float]) -> list[Look]:
    """Draw the looks of a scene under the tint of its light."""
    looks = []
    for _ in range(LOOKS):
        build = Build(int(rng.choice(len(Build), p=(0.3, 0.26, 0.12, 0.14, 0.18))))
        palette = np.zeros((8, 3))
        palette[Material.SKIN] = SKINS[int(rng.choice(len(SKINS), p=(0.26, 0.26, 0.18, 0.12, 0.1, 0.08)))]
        palette[Material.HAIR] = HAIRS[int(rng.choice(len(HAIRS), p=(0.28, 0.26, 0.2, 0.12, 0.06, 0.08)))]
        palette[Material.TOP] = _dyed(TOPS, rng)
        palette[Material.BOTTOM] = palette[Material.TOP] if build is Build.DRESS else _dyed(BOTTOMS, rng)
        palette[Material.SHOES] = SHOES[int(rng.integers(len(SHOES)))]
        palette[Material.BAG] = _dyed(TOPS, rng) * 0.7
        looks.append(Look(build, palette * np.asarray(tint)))
    return looks


def _dyed(colours: tuple[Colour, ...], rng: np.random.Generator) -> FloatArray:
    chosen = np.asarray(colours[int(rng.integers(len(colours)))], dtype=np.float64)
    return np.asarray(chosen * rng.uniform(0.85, 1.15) + rng.uniform(-8, 8, 3), dtype=np.float64).clip(8, 245)
