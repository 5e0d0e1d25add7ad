"""The soft shadows of people on the ground."""

import cv2
import numpy as np

from throng.core.calibration import Calibration
from throng.core.points import FloatArray, GroundPoints, Image
from throng.sim.backdrop import SHADOW, shadow_offset
from throng.sim.crowd import People
from throng.sim.polygons import Drawing, focal_px
from throng.sim.setting import Light
from throng.sim.truth import depths_m

COARSE = 2
"""Shadows are drawn at half the size: they are soft."""


class Shadows:
    """Darkens the ground below people.

    Args:
        calibration: the camera.
        light: the sun, if there is any.
        things: (H, W) depth of the things on the ground; no shadow is drawn on them.
    """

    def __init__(self, calibration: Calibration, light: Light, things: Drawing) -> None:
        width, height = calibration.image_size
        self._size = (-(-width // COARSE), -(-height // COARSE))
        self._calibration = calibration
        self._light = light
        self._focal_px = focal_px(calibration)
        ground = np.isinf(things).astype(np.uint8)
        self._ground = cv2.resize(ground, self._size, interpolation=cv2.INTER_NEAREST) * np.uint8(255)
        self._soft = max(0.8, width / 1100)

    def darken(self, image: Image, people: People) -> None:
        """Darken an image in place."""
        depth = depths_m(self._calibration, people.ground, 0.0)
        near = depth > 1.0
        if not near.any():
            return
        mask = np.zeros((self._size[1], self._size[0]), dtype=np.uint8)
        ground, statures = GroundPoints(people.ground[near]), people.statures_m[near]
        metre_px = self._focal_px / depth[near] / COARSE
        if self._light.sun > 0:
            self._cast(mask, ground, statures, metre_px)
        self._touch(mask, ground, metre_px)
        soft = cv2.GaussianBlur(cv2.bitwise_and(mask, self._ground), (0, 0), self._soft)
        whole = cv2.resize(255 - soft, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
        cv2.multiply(image, cv2.merge((whole, whole, whole)), dst=image, scale=1 / 255)

    def _touch(self, mask: Image, ground: GroundPoints, metre_px: FloatArray) -> None:
        feet = self._calibration.to_image(ground)
        camera = self._calibration.camera_position_m
        flat = camera[2] / np.hypot(np.linalg.norm(ground - camera[:2], axis=1), camera[2])
        for (x, y), scale, squash in zip(feet / COARSE, metre_px, flat, strict=True):
            axes = (round(0.27 * scale * 16), round(0.27 * scale * squash * 16))
            cv2.ellipse(mask, (round(x * 16), round(y * 16)), axes, 0, 0, 360, 115, -1, cv2.LINE_8, 4)

    def _cast(self, mask: Image, ground: GroundPoints, statures: FloatArray, metre_px: FloatArray) -> None:
        strength = round(255 * SHADOW * 2 * self._light.sun)
        offset = np.asarray(shadow_offset(self._light, 1.0))
        points = [
            self._calibration.to_image(GroundPoints(ground + offset * (share * statures)[:, None])) / COARSE
            for share in (0.0, 0.48, 0.8, 0.93)
        ]
        with np.errstate(invalid="ignore"):
            pixels = np.nan_to_num(np.stack(points, axis=1), nan=-1e4).clip(-1e4, 1e4)
        for (foot, hip, shoulder, head), scale in zip(np.rint(pixels * 16).astype(int), metre_px, strict=True):
            cv2.line(mask, foot, hip, strength, max(1, round(0.2 * scale)), cv2.LINE_8, 4)
            cv2.line(mask, hip, shoulder, strength, max(1, round(0.36 * scale)), cv2.LINE_8, 4)
            cv2.circle(mask, head, round(0.1 * scale * 16), strength, -1, cv2.LINE_8, 4)
