"""Stop-and-go waves: a slow beat in the mean speed of a zone, or of a queue."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from throng.core.points import FloatArray

BAND_HZ = (0.01, 0.1)
_STEP_S = 1.0
_MEMORIES = np.linspace(0.0, 0.98, 50)


@dataclass(frozen=True, slots=True)
class Wave:
    """A stop-and-go wave.

    Attributes:
        period_s: seconds from one stop to the next.
        amplitude_mps: half the difference between the fastest and the slowest moment of the beat, m/s.
        mean_mps: mean speed over the window, m/s.
        chance: probability that a speed without a beat, but with the same memory, would show such a peak.
    """

    period_s: float
    amplitude_mps: float
    mean_mps: float
    chance: float


class SpeedWaves:
    r"""Looks for a beat between 0.01 and 0.1 Hz in the mean speed of one zone.

    The speed is resampled at 1 Hz, its straight line taken out, tapered (Hann) and transformed. Speeds have a memory:
    their spectrum rises towards low frequencies without any beat. The background is therefore the spectrum of a
    first-order autoregression, :math:`B(f) \propto 1 / (1 + a^2 - 2 a \cos 2 \pi f)`, fitted to the running median
    (Mann and Lees, Climatic Change 33, 409, 1996). A peak of r times the background happens by chance with probability
    :math:`1 - (1 - e^{-r})^m` among m frequencies. Waves at the Hajj had periods near 45 s.

    Memory: at most one sample for each half second of the window.

    Args:
        window_s: how far back to look.
        most_chance: a peak less rare than this is no wave.
        least_depth: a beat whose amplitude is a smaller part of the mean speed is no stop-and-go wave.
    """

    def __init__(self, *, window_s: float = 180.0, most_chance: float = 1e-4, least_depth: float = 0.2) -> None:
        if not window_s >= 60:
            raise ValueError(f"waves: expected a window of 60 s or more, got {window_s}")
        self._window_s = window_s
        self._most_chance = most_chance
        self._least_depth = least_depth
        self._samples: deque[tuple[float, float]] = deque()

    def update(self, pts_s: float, mean_speed_mps: float | None) -> None:
        """Take in the mean speed of one reading; None or NaN when nobody is there.

        Time that goes backwards, or a gap of more than a tenth of the window, starts afresh.
        """
        newest = self._samples[-1][0] if self._samples else pts_s
        if pts_s < newest or pts_s - newest > self._window_s / 10:
            self._samples.clear()
        known = mean_speed_mps is not None and np.isfinite(mean_speed_mps)
        if not known or (self._samples and pts_s - newest < _STEP_S / 2):
            return
        self._samples.append((pts_s, float(mean_speed_mps or 0.0)))
        while self._samples[0][0] < pts_s - self._window_s:
            self._samples.popleft()

    def wave(self) -> Wave | None:
        """Return the beat; None when there is none, or when less than two thirds of the window is known."""
        if len(self._samples) < 2 or self._samples[-1][0] - self._samples[0][0] < self._window_s * 2 / 3:
            return None
        times, speeds = np.array(self._samples).T
        even = np.arange(times[0], times[-1], _STEP_S)
        values = np.interp(even, times, speeds)
        mean = float(values.mean())
        values = values - np.polyval(np.polyfit(even - even[0], values, 1), even - even[0])
        if values.std() < 1e-6:
            return None
        return self._strongest(values, mean)

    def _strongest(self, values: FloatArray, mean: float) -> Wave | None:
        """Judge the peak of the spectrum in the band that at least two periods of the window hold."""
        taper = np.hanning(len(values))
        frequencies: FloatArray = np.asarray(np.fft.rfftfreq(len(values), _STEP_S)[1:], dtype=np.float64)
        spectrum: FloatArray = np.asarray(np.abs(np.fft.rfft(values * taper)[1:]) ** 2, dtype=np.float64)
        band = (frequencies >= max(BAND_HZ[0], 2 / (len(values) * _STEP_S))) & (frequencies <= BAND_HZ[1])
        ratio = np.where(band, spectrum / background(frequencies, spectrum), 0.0)
        peak = int(np.argmax(ratio))
        chance = float(-np.expm1(band.sum() * np.log1p(-min(np.exp(-ratio[peak]), 1 - 1e-12))))
        frequency = _refined(frequencies, spectrum, peak)
        beat = np.exp(-2j * np.pi * frequency * _STEP_S * np.arange(len(values)))
        amplitude = float(2 * abs((values * taper * beat).sum()) / taper.sum())
        if chance > self._most_chance or amplitude < self._least_depth * mean:
            return None
        return Wave(1 / frequency, amplitude, mean, chance)


def background(frequencies_hz: FloatArray, spectrum: FloatArray) -> FloatArray:
    """Fit the spectrum of a first-order autoregression to the running median of a spectrum.

    Args:
        frequencies_hz: (F,) of a series sampled at 1 Hz.
        spectrum: (F,) squared amplitudes, > 0.
    """
    width = max(5, len(spectrum) // 8) | 1
    padded = np.pad(spectrum, width // 2, mode="reflect")
    median = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1) / np.log(2)
    target = np.log(np.maximum(median, 1e-12 * float(spectrum.max())))
    shapes = -np.log(
        1 + _MEMORIES[:, None] ** 2 - 2 * _MEMORIES[:, None] * np.cos(2 * np.pi * frequencies_hz[None, :] * _STEP_S)
    )
    levels = (target - shapes).mean(axis=1, keepdims=True)
    best = int(((target - shapes - levels) ** 2).sum(axis=1).argmin())
    return np.asarray(np.exp(shapes[best] + levels[best]), dtype=np.float64)


def _refined(frequencies_hz: FloatArray, spectrum: FloatArray, peak: int) -> float:
    """Frequency of a peak between the lines of the spectrum, by a parabola through three logarithms."""
    if not 0 < peak < len(spectrum) - 1:
        return float(frequencies_hz[peak])
    left, middle, right = np.log(np.maximum(spectrum[peak - 1 : peak + 2], 1e-300))
    bend = left - 2 * middle + right
    shift = 0.0 if bend >= 0 else float(np.clip((left - right) / (2 * bend), -0.5, 0.5))
    return float(frequencies_hz[peak] + shift * (frequencies_hz[1] - frequencies_hz[0]))
