import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.vision.letterbox import FILL, letterbox

side = st.integers(16, 700)


@given(side, side, st.booleans())
def test_boxes_come_back_to_where_they_were(width: int, height: int, centred: bool) -> None:
    image = np.zeros((height, width, 3), dtype=np.uint8)
    canvas, placed = letterbox(image, (416, 320), centred=centred)
    assert canvas.shape == (320, 416, 3)
    box = np.array([[3.0, 5.0, width / 2, height - 1.0]])
    on_canvas = box * placed.scale + [placed.left_px, placed.top_px, placed.left_px, placed.top_px]
    assert placed.to_picture(on_canvas) == pytest.approx(box)


@pytest.mark.parametrize(("centred", "rows"), [(False, slice(0, 208)), (True, slice(104, 312))])
def test_picture_keeps_its_proportions_and_the_rest_is_grey(centred: bool, rows: slice) -> None:
    canvas, _ = letterbox(np.full((100, 200, 3), 255, dtype=np.uint8), (416, 416), centred=centred)
    assert np.all(canvas[rows] == 255)
    canvas[rows] = FILL
    assert np.all(canvas == FILL)
