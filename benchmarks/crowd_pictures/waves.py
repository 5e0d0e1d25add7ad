"""Stop-and-go in a queue: paths, the mean speed of a zone, and the beat in it."""

import numpy as np
from benchmarks.crowd_pictures import canvas
from benchmarks.crowd_pictures.canvas import BLUE, INK, MUTED, ORANGE, RED

from throng.core.points import FloatArray, Image
from throng.core.waves import SpeedWaves, Wave, background
from throng.vision.plot import Axis

RING_M, PEOPLE, LONG_S, STEP_S = 32.0, 42, 240, 0.05
ZONE_M = (13.0, 19.0)
SETTLES_S = 150.0
FREE_MPS, RELAX_S = 1.2, 0.75


def draw() -> Image:
    """Draw the paths in time and space, and what the zone makes of them."""
    image = canvas.page(620)
    places, speeds = _queue()
    inside = (places > ZONE_M[0]) & (places < ZONE_M[1])
    mean = np.where(inside, speeds, 0).sum(axis=1) / np.maximum(inside.sum(axis=1), 1)
    waves = SpeedWaves()
    for second, speed in enumerate(mean.tolist()):
        waves.update(float(second), speed)
    wave = waves.wave()
    assert wave is not None
    _paths(image, places, speeds)
    _speed(image, mean)
    _spectrum(image, mean, wave)
    return image


def _queue() -> tuple[FloatArray, FloatArray]:
    """Places and speeds (seconds, people) of an optimal-velocity model on a ring (Bando and others 1995)."""
    rng = np.random.default_rng(2)
    at = np.arange(PEOPLE) * RING_M / PEOPLE
    at += 0.25 * np.sin(2 * np.pi * 3 * np.arange(PEOPLE) / PEOPLE)
    speed = np.full(PEOPLE, 0.3)
    places, speeds = [], []
    for step in range(round((SETTLES_S + LONG_S) / STEP_S)):
        room = np.mod(np.roll(at, -1) - at, RING_M)
        wanted = FREE_MPS / 2 * (np.tanh(1.75 * (room - 0.95)) + np.tanh(1.75 * 0.6))
        speed += STEP_S * (np.maximum(wanted, 0) - speed) / RELAX_S + rng.normal(0, 0.005, PEOPLE)
        speed = np.maximum(speed, 0)
        at += STEP_S * speed
        if step * STEP_S >= SETTLES_S and step % round(1 / STEP_S) == 0:
            places.append(at % RING_M)
            speeds.append(speed.copy())
    return np.array(places), np.array(speeds)


def _paths(image: Image, places: FloatArray, speeds: FloatArray) -> None:
    panel = canvas.chart((90, 84, 620, 500), Axis(0, LONG_S), Axis(0, RING_M))
    canvas.axes(image, panel, x_title="seconds", y_title="metres along the queue, every second person", steps=(5, 7))
    times: FloatArray = np.arange(LONG_S, dtype=np.float64)
    shades = canvas.shades(speeds, 0, 0.9, (RED, ORANGE, canvas.SKY, BLUE))
    for person in range(0, PEOPLE, 2):
        track = places[:, person]
        for i in np.flatnonzero(np.diff(track) > -1).tolist():
            b, g, r = shades[i, person].tolist()
            canvas.curve(image, panel, times[i : i + 2], track[i : i + 2], colour=(b, g, r), width=1.6)
    for edge in ZONE_M:
        canvas.dashes(image, panel, (0, edge), (LONG_S, edge), colour=INK)
    canvas.text(image, "zone", (canvas.place(panel, LONG_S, 0)[0] + 6, canvas.place(panel, 0, 15.6)[1]))
    canvas.scale(image, (90, 568, 400, 580), (0, 0.9), "speed in m/s", stops=(RED, ORANGE, canvas.SKY, BLUE), steps=5)


def _speed(image: Image, mean: FloatArray) -> None:
    panel = canvas.chart((740, 84, 1160, 240), Axis(0, LONG_S), Axis(0, 1.2))
    canvas.axes(image, panel, x_title="seconds", y_title="mean speed in the zone, m/s", steps=(5, 4))
    canvas.curve(image, panel, np.arange(LONG_S), mean, colour=BLUE, width=3)


def _spectrum(image: Image, mean: FloatArray, wave: Wave) -> None:
    """Draw the spectrum of the last 180 s over the period, beside that of a speed without a beat."""
    values = mean[-180:] - mean[-180:].mean()
    tapered = values * np.hanning(len(values))
    lines: FloatArray = np.fft.rfftfreq(len(values), 1.0)[1:].astype(np.float64)
    usual = background(lines, np.asarray(np.abs(np.fft.rfft(tapered)[1:]) ** 2, dtype=np.float64))
    fine: FloatArray = np.geomspace(0.1, 0.01, 240)
    beats = np.exp(-2j * np.pi * fine[:, None] * np.arange(len(values)))
    spectrum = np.abs(beats @ tapered) ** 2
    panel = canvas.chart((740, 372, 1160, 500), Axis(10, 100, logarithmic=True), Axis(0, 1.15))
    canvas.axes(image, panel, x_title="seconds from stop to stop", y_title="strength of the beat", steps=(5, 1))
    canvas.curve(image, panel, 1 / fine, np.interp(fine, lines, usual) / spectrum.max(), colour=MUTED, width=2)
    canvas.curve(image, panel, 1 / fine, spectrum / spectrum.max(), colour=ORANGE, width=3)
    canvas.dashes(image, panel, (wave.period_s, 0), (wave.period_s, 1.15), colour=RED)
    left = canvas.place(panel, wave.period_s, 0)[0] - 60
    canvas.text(image, f"a stop every {wave.period_s:.0f} s", (left, 400), align="right", bold=True, colour=RED)
    canvas.key(image, (740, 576), (("the queue", ORANGE), ("without a beat", MUTED)), step=170)
