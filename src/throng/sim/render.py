"""Draws the picture of a scene: the backdrop, the shadows, the people from far to near, light, noise, caption."""

import cv2
import numpy as np

from throng.core.points import FloatArray, Image, Mask
from throng.sim.backdrop import draw_backdrop
from throng.sim.body import CYCLE, PHASES, Gait
from throng.sim.crowd import People
from throng.sim.figures import Figures
from throng.sim.looks import LOOKS, wardrobe
from throng.sim.paste import Paster
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
        self._paster = Paster(backdrop.things)
        self._empty = backdrop.image
        self._shadows = Shadows(self._calibration, scene.setting.light, backdrop.things)
        self._figures = Figures(wardrobe(rng, scene.setting.light.tint))
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
        feet = truth.foot_pixels
        depth = depths_m(self._calibration, people.ground)
        heights_px = np.hypot(*(crowns - feet).T)
        views, gaits, phases = self._poses(people)
        near_picture = self._near_picture((feet + crowns) / 2, heights_px) & (depth > NEAREST_M)
        for k in np.argsort(-depth, kind="stable").tolist():
            if near_picture[k]:
                look, height_px = int(people.ids[k]) * 37 % LOOKS, float(heights_px[k])
                figure = self._figures.figure(look, gaits[k], phases[k], view=views[k], height_px=height_px)
                foot, crown = feet[k].tolist(), crowns[k].tolist()
                self._paster.paste(image, figure, foot=foot, crown=crown, depth_m=float(depth[k]))

    def _near_picture(self, middles: FloatArray, reaches_px: FloatArray) -> Mask:
        half = np.asarray(self._calibration.image_size) / 2
        beyond = np.abs(middles - half) - reaches_px[:, None]
        return np.asarray((beyond < half).all(axis=1), dtype=np.bool_)

    def _poses(self, people: People) -> tuple[list[View], list[Gait], list[int]]:
        away = people.ground - self._calibration.camera_position_m[:2]
        distance = np.hypot(away[:, 0], away[:, 1])
        turn = np.degrees(people.heading_rad - np.arctan2(away[:, 1], away[:, 0])) + 90
        turns = (np.rint(turn / TURN_STEP_DEG) * TURN_STEP_DEG % 360).astype(int)
        above = np.degrees(np.arctan2(self._calibration.camera_height_m - people.statures_m / 2, distance))
        aboves = (np.rint(above / ABOVE_STEP_DEG) * ABOVE_STEP_DEG).clip(0, 72).astype(int)
        speed = np.hypot(people.velocity_mps[:, 0], people.velocity_mps[:, 1])
        gaits = [Gait.RUN if v > RUNNING_MPS else Gait.WALK if v > WALKING_MPS else Gait.STAND for v in speed]
        views = [View(int(t), int(a)) for t, a in zip(turns, aboves, strict=True)]
        phases = [
            number % 4 if gait is Gait.STAND else int(walked / (CYCLE[gait] * stature) * PHASES[gait]) % PHASES[gait]
            for number, gait, walked, stature in zip(
                people.ids.tolist(), gaits, people.walked_m.tolist(), people.statures_m.tolist(), strict=True
            )
        ]
        return views, gaits, phases

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
