import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.calibration import CalibrationError, Lens
from throng.core.lens import BrownLens, TsaiLens
from throng.core.points import ImagePoints, image_points

WIDE = BrownLens(fx=900, fy=910, cx=958, cy=541, k1=-0.28, k2=0.07, p1=0.0008, p2=-0.0006, k3=-0.004)
PINCUSHION = BrownLens(fx=1400, fy=1400, cx=959.5, cy=539.5, k1=0.12, k2=0.03)
PETS = TsaiLens(
    kappa1=5.1113043639e-03, mm_per_px_x=5.1273271277e-03 / 1.0937855397, mm_per_px_y=4.65e-03, cx=324, cy=282
)
BARREL_OUT = TsaiLens(kappa1=-0.004, mm_per_px_x=0.005, mm_per_px_y=0.005, cx=960, cy=540)

LENSES = pytest.mark.parametrize(
    "lens", [WIDE, PINCUSHION, PETS, BARREL_OUT], ids=["wide", "pincushion", "pets", "neg"]
)


def _picture() -> ImagePoints:
    u, v = np.meshgrid(np.linspace(0, 1919, 41), np.linspace(0, 1079, 23))
    return image_points(np.column_stack((u.ravel(), v.ravel())))


@LENSES
def test_distort_inverts_undistort_over_the_whole_picture(lens: Lens) -> None:
    picture = _picture()
    ideal = lens.undistort(picture)
    assert np.isfinite(ideal).all()
    assert np.abs(lens.distort(ideal) - picture).max() < 1e-6
    assert np.abs(ideal - picture).max() > 10  # the lens does something


@LENSES
def test_nan_passes_through(lens: Lens) -> None:
    points = image_points([[np.nan, 3.0], [500.0, 300.0], [np.nan, np.nan]])
    for mapped in (lens.undistort(points), lens.distort(points)):
        assert np.isnan(mapped[[0, 2]]).all()
        assert np.isfinite(mapped[1]).all()


@LENSES
def test_no_points_give_no_points(lens: Lens) -> None:
    assert lens.undistort(image_points([])).shape == (0, 2)
    assert lens.distort(image_points([])).shape == (0, 2)


def test_brown_lens_agrees_with_opencv() -> None:
    cv2 = pytest.importorskip("cv2")
    k = np.array([[WIDE.fx, 0, WIDE.cx], [0, WIDE.fy, WIDE.cy], [0, 0, 1]])
    coefficients = np.array([WIDE.k1, WIDE.k2, WIDE.p1, WIDE.p2, WIDE.k3])
    ideal = WIDE.undistort(_picture())
    rays = np.column_stack(((ideal - [WIDE.cx, WIDE.cy]) / [WIDE.fx, WIDE.fy], np.ones(len(ideal))))
    expected = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), k, coefficients)[0].reshape(-1, 2)
    assert np.abs(WIDE.distort(ideal) - expected).max() < 1e-6


def test_beyond_the_last_radius_of_the_model_is_nan_not_nonsense() -> None:
    """With k1 = -0.3 alone r (1 - 0.3 r²) stops growing at r = 1.054: further out the picture would fold back."""
    lens = BrownLens(fx=1000, fy=1000, cx=0, cy=0, k1=-0.3)
    last = float(np.sqrt(1 / 0.9))
    inside = image_points([[1000 * last * 0.999, 0.0]])
    outside = image_points([[1000 * last * 1.001, 0.0], [5000.0, 0.0]])
    assert np.isfinite(lens.distort(inside)).all()
    assert np.isnan(lens.distort(outside)).all()
    furthest_px = 1000 * last * 2 / 3
    assert lens.undistort(image_points([[furthest_px - 0.01, 0]]))[0, 0] == pytest.approx(1000 * last, rel=0.01)
    assert np.isnan(lens.undistort(image_points([[furthest_px + 0.01, 0]]))).all()
    furthest_mm = 2 / 3 * float(np.sqrt(1 / (3 * 0.004)))
    far = image_points([[960 + furthest_mm / 0.005 + 1, 540.0], [960 + furthest_mm / 0.005 - 1, 540.0]])
    assert np.isnan(BARREL_OUT.distort(far)).tolist() == [[True, True], [False, False]]


@LENSES
def test_a_scaled_lens_sees_the_same_place_in_the_scaled_picture(lens: Lens) -> None:
    picture = _picture()
    small = lens.scaled(0.625, 0.625)
    expected = (lens.undistort(picture) + 0.5) * 0.625 - 0.5
    assert np.abs(small.undistort(image_points((picture + 0.5) * 0.625 - 0.5)) - expected).max() < 1e-6


@settings(deadline=None)
@given(k1=st.floats(-0.2, 0.3), k2=st.floats(-0.02, 0.1), u=st.floats(0, 1919), v=st.floats(0, 1079))
def test_an_answer_of_the_inverse_is_always_right(k1: float, k2: float, u: float, v: float) -> None:
    lens = BrownLens(fx=1100, fy=1100, cx=960, cy=540, k1=k1, k2=k2, p1=0.001)
    point = image_points([[u, v]])
    ideal = lens.undistort(point)
    if np.isfinite(ideal).all():
        assert np.abs(lens.distort(ideal) - point).max() < 1e-6


def test_a_focal_length_of_zero_is_refused() -> None:
    with pytest.raises(CalibrationError, match="focal length must be positive"):
        BrownLens(fx=0, fy=1, cx=0, cy=0)
    with pytest.raises(CalibrationError, match="pixel must be positive"):
        TsaiLens(kappa1=0, mm_per_px_x=0, mm_per_px_y=1, cx=0, cy=0)
