"""Draws the picture of a scene: the backdrop, the shadows, the people from far to near, light, noise, caption."""

import cv2
import numpy as np

from throng.core.points import FloatArray, Image
from throng.sim.backdrop import draw_backdrop
from throng.sim.body import CYCLE, PHASES, Gait
from throng.sim.crowd import People
from throng.sim.figures import Figures
from throng.sim.looks import LOOKS, wardrobe
from throng.sim.scene import Scene
from throng.sim.shadows import Shadows
from throng.sim.shapes import View
from throng.sim.truth import Truth, depths_m

TURN_STEP_DEG = 30
ABOVE_STEP_DEG = 12
WALKING_MPS = 0.25
RUNNING_MPS = 2.3
NOISE_SIGMA = 2.6
NOISE_PICTURES = 4
NOISE_ROOM = 32
NEAREST_M = 1.5


class Renderer:
    """Draws the frames of one scene.

    Attributes:
        walls: (H, W) depth of the nearest wall in metres, infinite where there is none.

    Args:
        scene: what to draw.
    """

    def __init__(self, scene: Scene) -> None:
        rng = np.random.default_rng([scene.seed, 2])
        self._scene = scene
        self._calibration = scene.calibration
        backdrop = draw_backdrop(self._calibration, scene.setting, rng)
        self.walls = backdrop.walls
        self._things = backdrop.things
        self._empty = backdrop.image
        self._shadows = Shadows(self._calibration, scene.setting.light, backdrop.things)
        self._figures = Figures(wardrobe(rng, scene.setting.light.tint))
        self._sunny = scene.setting.light.sun > 0
        self._noise = self._noise_pictures(rng)

    def draw(self, people: People, truth: Truth, *, pts_s: float, sequence: int) -> Image:
        """Draw one frame, (H, W, 3) BGR; nobody is fine."""
        image = self._empty.copy()
        if len(people.ids):
            self._shadows.darken(image, people)
            self._draw_people(image, people, truth)
        self._caption(image, pts_s)
        return self._expose(image, pts_s, sequence)

    def _draw_people(self, image: Image, people: People, truth: Truth) -> None:
        crowns = self._calibration.to_image(people.ground, people.statures_m)
        depth = depths_m(self._calibration, people.ground)
        views, gaits, phases = self._poses(people)
        for k in np.argsort(-depth, kind="stable"):
            foot, crown = truth.foot_pixels[k], crowns[k]
            height_px = float(np.hypot(*(crown - foot)))
            if depth[k] < NEAREST_M or not self._near_picture((foot + crown) / 2, height_px):
                continue
            figure = self._figures.figure(
                int(people.ids[k]) * 37 % LOOKS, gaits[k], phases[k], view=views[k], height_px=height_px
            )
            self._paste(image, figure.pixels, _fit(figure.foot, figure.crown, foot, crown), float(depth[k]))

    def _near_picture(self, middle: FloatArray, reach_px: float) -> bool:
        width, height = self._calibration.image_size
        return bool(-reach_px < middle[0] < width + reach_px and -reach_px < middle[1] < height + reach_px)

    def _poses(self, people: People) -> tuple[list[View], list[Gait], list[int]]:
        away = people.ground - self._calibration.camera_position_m[:2]
        distance = np.hypot(away[:, 0], away[:, 1])
        turn = np.degrees(people.heading_rad - np.arctan2(away[:, 1], away[:, 0])) + 90
        turns = (np.rint(turn / TURN_STEP_DEG) * TURN_STEP_DEG % 360).astype(int)
        above = np.degrees(np.arctan2(self._calibration.camera_height_m - people.statures_m / 2, distance))
        aboves = (np.rint(above / ABOVE_STEP_DEG) * ABOVE_STEP_DEG).clip(0, 72).astype(int)
        speed = np.hypot(people.velocity_mps[:, 0], people.velocity_mps[:, 1])
        gaits = [Gait.RUN if v > RUNNING_MPS else Gait.WALK if v > WALKING_MPS else Gait.STAND for v in speed]
        views = [View(int(t), int(a), self._sunny) for t, a in zip(turns, aboves, strict=True)]
        phases = [
            number % 4 if gait is Gait.STAND else int(walked / (CYCLE[gait] * stature) * PHASES[gait]) % PHASES[gait]
            for number, gait, walked, stature in zip(
                people.ids.tolist(), gaits, people.walked_m.tolist(), people.statures_m.tolist(), strict=True
            )
        ]
        return views, gaits, phases

    def _paste(self, image: Image, pixels: Image, warp: FloatArray, depth: float) -> None:
        """Lay a figure over the image where nothing nearer stands."""
        high, wide = pixels.shape[:2]
        corners = warp @ np.array([[0, wide - 1, 0, wide - 1], [0, 0, high - 1, high - 1], [1, 1, 1, 1.0]])
        left, top = np.floor(corners.min(axis=1)).astype(int)
        right, bottom = np.ceil(corners.max(axis=1)).astype(int) + 1
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(right, image.shape[1]), min(bottom, image.shape[0])
        if x0 >= x1 or y0 >= y1:
            return
        moved = warp - np.array([[0, 0, x0], [0, 0, y0]])
        patch = cv2.warpAffine(pixels, moved, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
        things = self._things[y0:y1, x0:x1]
        hidden = things < depth - 0.15
        if hidden.any():
            patch[hidden] = 0
        part = image[y0:y1, x0:x1]
        clear = cv2.bitwise_not(cv2.extractChannel(patch, 3))
        behind = cv2.multiply(part, cv2.merge((clear, clear, clear)), scale=1 / 255)
        part[:] = cv2.add(behind, cv2.cvtColor(patch, cv2.COLOR_BGRA2BGR))

    def _expose(self, image: Image, pts_s: float, sequence: int) -> Image:
        """Slow change of the light and the noise of the sensor, in one step."""
        light = self._scene.setting.light
        swing = 0.6 * np.sin(2 * np.pi * pts_s / 47 + self._scene.seed) + 0.4 * np.sin(2 * np.pi * pts_s / 13.7)
        gain = light.gain * (1 + light.drift * swing)
        rng = np.random.default_rng([self._scene.seed, 3, sequence])
        picture, dx, dy = rng.integers((NOISE_PICTURES, NOISE_ROOM, NOISE_ROOM))
        height, width = image.shape[:2]
        noise = self._noise[picture][dy : dy + height, dx : dx + width]
        sigma = self._scene.noise
        return np.asarray(cv2.addWeighted(image, float(gain), noise, sigma, -128 * sigma), dtype=np.uint8)

    def _noise_pictures(self, rng: np.random.Generator) -> Image:
        width, height = self._calibration.image_size
        shape = (NOISE_PICTURES, height + NOISE_ROOM, width + NOISE_ROOM)
        grey = rng.normal(0, NOISE_SIGMA, shape).astype(np.float32)
        noise = np.empty((*shape, 3), dtype=np.uint8)
        for channel in range(3):
            own = rng.normal(0, NOISE_SIGMA * 0.6, shape).astype(np.float32)
            noise[..., channel] = np.rint(128 + grey + own)
        return noise

    def _caption(self, image: Image, pts_s: float) -> None:
        scale = image.shape[1] / 960
        hours, seconds = divmod(int(pts_s), 3600)
        text = f"SIM {self._scene.name}  {hours:02d}:{seconds // 60:02d}:{seconds % 60:02d}"
        at = (round(12 * scale), round(24 * scale))
        for colour, thick in (((20, 20, 20), 3), ((235, 235, 235), 1)):
            width = max(1, round(thick * scale))
            cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * scale, colour, width, cv2.LINE_AA)


def _fit(
    foot: tuple[float, float], crown: tuple[float, float], to_foot: FloatArray, to_crown: FloatArray
) -> FloatArray:
    """Find the turn, scale and shift, (2, 3), that moves foot and crown of a figure to their places in the picture."""
    have = complex(crown[0] - foot[0], crown[1] - foot[1])
    want = complex(to_crown[0] - to_foot[0], to_crown[1] - to_foot[1])
    turn = want / have
    shift = complex(to_foot[0], to_foot[1]) - turn * complex(*foot)
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
