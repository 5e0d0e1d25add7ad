"""Plots: ticks are round and inside, and what is drawn stands where its values are."""

import numpy as np
import pytest

from throng.vision.plot import INK, PAPER, Axis, Panel, blank, draw_axes, draw_bar, draw_line, draw_text

BLUE = (200, 100, 20)
SIZE = (400, 300)


def panel(x: Axis, y: Axis) -> Panel:
    return Panel(100, 50, 300, 250, x, y)


@pytest.mark.parametrize(
    ("axis", "most", "ticks"),
    [
        (Axis(0, 10), 5, [0, 2, 4, 6, 8, 10]),
        (Axis(0, 38), 4, [0, 10, 20, 30]),
        (Axis(-0.3, 0.3), 6, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]),
        (Axis(1000, 13_000), 14, [1000 * k for k in range(1, 14)]),
        (Axis(0, 3, whole=True), 10, [0, 1, 2, 3]),
        (Axis(-3.5, 3.5, whole=True), 4, [-2, 0, 2]),
        (Axis(0.5, 20_000, logarithmic=True), 8, [1, 10, 100, 1000, 10_000]),
        (Axis(0.9, 11, logarithmic=True), 8, [1, 2, 5, 10]),
        (Axis(0.25, 0.36, logarithmic=True), 4, [0.25, 0.3, 0.35]),
    ],
)
def test_ticks_are_round(axis: Axis, most: int, ticks: list[float]) -> None:
    assert axis.ticks(most) == pytest.approx(ticks)


def test_no_axis_is_without_ticks() -> None:
    rng = np.random.default_rng(0)
    for low, ratio in zip(10 ** rng.uniform(-9, 9, 500), 10 ** rng.uniform(0.1, 6, 500), strict=True):
        for logarithmic in (False, True):
            axis = Axis(low, low * ratio, logarithmic=logarithmic)
            ticks = axis.ticks(5)
            assert ticks
            assert (np.diff(ticks) > 0).all()
            assert np.all(np.abs(axis.share(ticks) - 0.5) <= 0.5 + 1e-6)


def test_values_lie_between_the_ends() -> None:
    area = panel(Axis(0, 10), Axis(1, 100, logarithmic=True))
    assert area.at([0, 5, 10], [1, 10, 100]).tolist() == [[100, 250], [200, 150], [300, 50]]
    assert area.at([0, 10], 10).tolist() == [[100, 150], [300, 150]]


def test_line_and_bar_stand_where_their_values_are() -> None:
    area = panel(Axis(0, 10), Axis(0, 4))
    image = blank(SIZE)
    draw_line(image, area, np.array([0.0, 10.0]), np.array([3.0, 3.0]), colour=BLUE)
    rows, columns = np.nonzero((image == BLUE).all(axis=2))
    assert (rows.mean(), columns.min(), columns.max()) == pytest.approx((100, 100, 300), abs=1)
    image = blank(SIZE)
    assert draw_bar(image, area, (2, 4), 1, colour=BLUE) == (160, 200)
    rows, columns = np.nonzero((image == BLUE).all(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (200, 249, 141, 179)
    draw_bar(image, area, (6, 8), 0.001, colour=BLUE)
    assert (image[249, 221:260] == BLUE).all(), "the least bar can be seen"


def test_text_is_aligned() -> None:
    spans = []
    for align in ("left", "centre", "right"):
        image = blank(SIZE)
        draw_text(image, "H", (200, 100), scale=1.0, align=align)
        columns = np.flatnonzero((image != PAPER).any(axis=(0, 2)))
        spans.append((columns.min(), columns.max()))
    (left, _), (start, end), (_, right) = spans
    assert left >= 200
    assert right <= 200
    assert abs((start + end) / 2 - 200) < 4


def test_axes_surround_the_panel() -> None:
    image = blank(SIZE)
    area = panel(Axis(0, 10), Axis(0, 4))
    draw_axes(image, area, x_title="seconds", y_title="people")
    assert (image[250, 100:301] == INK).all()
    inked = image.max(axis=2) < 200
    assert inked[40:260, :95].any(), "numbers on the left"
    assert inked[258:280, 90:310].any(), "numbers below"
    assert not inked[50:249, 101:300].any(), "nothing in the panel but faint lines"
