"""The forms in which a calibration can be written down, and the way from each to one `Calibration`."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from throng.core.calibration import Calibration, CalibrationError, Lens
from throng.core.focal import Vertical
from throng.core.homography import PointPairs, calibration_from_points, point_errors_px
from throng.core.lens import BrownLens, TsaiLens
from throng.core.pinhole import calibration_from_camera, calibration_from_krt, camera_matrix, focal_from_fov
from throng.core.points import FloatArray, ground_points, image_points
from throng.core.tsai import TsaiParameters, calibration_from_tsai

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Size = tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
Pair = tuple[Number, Number]
Triple = tuple[Number, Number, Number]
Row4 = tuple[Number, Number, Number, Number]
Matrix3 = tuple[Triple, Triple, Triple]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PointForm(_Strict):
    """One place: its pixel and its site metres."""

    image: Pair
    ground: Pair


class VerticalForm(_Strict):
    """One upright thing of known height: pixels of its lower and upper end."""

    foot: Pair
    head: Pair
    height_m: Positive


class CameraForm(_Strict):
    """The mounting of the camera."""

    height_m: Positive
    tilt_deg: Number
    fov_deg: Positive | None = None
    vertical_fov_deg: Positive | None = None
    roll_deg: Number = 0.0
    heading_deg: Number = 0.0
    position_m: Pair = (0.0, 0.0)


class KrtForm(_Strict):
    """K[R|t] as OpenCV has it; `distortion` is OpenCV's k1, k2, p1, p2 and k3."""

    k: Matrix3 = Field(validation_alias=AliasChoices("k", "K"))
    r: Matrix3 = Field(validation_alias=AliasChoices("r", "R"))
    t: Triple = Field(validation_alias=AliasChoices("t", "T"))
    distortion: Annotated[list[Number], Field(min_length=4, max_length=5)] | None = None


class TsaiForm(_Strict):
    """Tsai's parameters under the names of the PETS files."""

    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    focal: Positive
    kappa1: Number
    cx: Number
    cy: Number
    sx: Positive
    dpx: Positive
    dpy: Positive
    tx: Number
    ty: Number
    tz: Number
    rx: Number
    ry: Number
    rz: Number
    metres_per_unit: Positive = 0.001


class BrownForm(_Strict):
    """A Brown lens; fx, fy, cx and cy may be left out where the focal length is given elsewhere."""

    type: Literal["brown"]
    k1: Number = 0.0
    k2: Number = 0.0
    p1: Number = 0.0
    p2: Number = 0.0
    k3: Number = 0.0
    fx: Positive | None = None
    fy: Positive | None = None
    cx: Number | None = None
    cy: Number | None = None


class TsaiLensForm(_Strict):
    """A Tsai lens."""

    type: Literal["tsai"]
    kappa1: Number
    mm_per_px_x: Positive
    mm_per_px_y: Positive
    cx: Number
    cy: Number


class CalibrationForm(_Strict):
    """The whole file. `points` stand alone, or beside another form to check it."""

    image_size: Size | None = None
    points: list[PointForm] | None = None
    vertical: list[VerticalForm] = []
    fov_deg: Positive | None = None
    focal_px: Positive | None = None
    camera: CameraForm | None = None
    krt: KrtForm | None = None
    tsai: TsaiForm | None = None
    projection: tuple[Row4, Row4, Row4] | None = None
    lens: Annotated[BrownForm | TsaiLensForm, Field(discriminator="type")] | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """A calibration with the points that it can be checked with, None when there are none."""

    calibration: Calibration
    pairs: PointPairs | None


def build(form: CalibrationForm) -> CalibrationRecord:
    """Make the calibration that a form describes.

    Raises:
        CalibrationError: no form or several, a missing size, keys that do not belong together, or numbers that no
            camera can have.
    """
    made = [name for name in ("camera", "krt", "tsai", "projection") if getattr(form, name) is not None]
    if len(made) > 1:
        raise CalibrationError(f"give one of camera, krt, tsai and projection, not {' and '.join(made)}")
    if not made and form.points is None:
        raise CalibrationError("give one of points, camera, krt, tsai and projection; see the calibration page")
    _require_fitting_keys(form, made[0] if made else "points")
    pairs = None
    if form.points is not None:
        pairs = PointPairs(image_points([p.image for p in form.points]), ground_points([p.ground for p in form.points]))
    calibration = _points(form, pairs) if not made and pairs is not None else _BUILDERS[made[0]](form)
    if made and pairs is not None and len(pairs):
        rms_px = float(np.sqrt(np.mean(point_errors_px(calibration, pairs) ** 2)))
        if not np.isfinite(rms_px):
            raise CalibrationError("a point lies behind the camera; check the site metres of the points")
        calibration = replace(calibration, rms_px=rms_px)
    return CalibrationRecord(calibration, pairs)


def _require_fitting_keys(form: CalibrationForm, name: str) -> None:
    if form.image_size is None and name != "tsai":
        raise CalibrationError("image_size is missing: the width and height in pixels that the numbers belong to")
    if name == "tsai" and (form.lens is not None or form.image_size is not None):
        raise CalibrationError("tsai brings its own lens and size: leave out lens and image_size")
    if name != "points" and (form.vertical or form.fov_deg is not None or form.focal_px is not None):
        raise CalibrationError(f"vertical, fov_deg and focal_px belong to points, they mean nothing beside {name}")
    if form.fov_deg is not None and form.focal_px is not None:
        raise CalibrationError("give fov_deg or focal_px, not both")
    if form.krt is not None and form.krt.distortion is not None and form.lens is not None:
        raise CalibrationError("give krt.distortion or lens, not both")


def _points(form: CalibrationForm, pairs: PointPairs) -> Calibration:
    size = _size(form)
    focal_px = form.focal_px if form.fov_deg is None else focal_from_fov(form.fov_deg, size[0])
    verticals = [Vertical(v.foot, v.head, v.height_m) for v in form.vertical]
    lens = _lens(form, None if focal_px is None else camera_matrix(focal_px, size))
    return calibration_from_points(pairs, size, focal_px=focal_px, verticals=verticals, lens=lens)


def _camera(form: CalibrationForm) -> Calibration:
    assert form.camera is not None
    size = _size(form)
    ideal = calibration_from_camera(image_size=size, **form.camera.model_dump())
    if form.lens is None:
        return ideal
    side, angle = (size[0], form.camera.fov_deg) if form.camera.fov_deg else (size[1], form.camera.vertical_fov_deg)
    assert angle is not None
    return replace(ideal, lens=_lens(form, camera_matrix(focal_from_fov(angle, side), size)))


def _krt(form: CalibrationForm) -> Calibration:
    assert form.krt is not None
    k = np.array(form.krt.k)
    lens = _lens(form, k)
    if form.krt.distortion is not None:
        k1, k2, p1, p2, k3 = [*form.krt.distortion, 0.0][:5]
        lens = BrownLens(fx=k[0, 0], fy=k[1, 1], cx=k[0, 2], cy=k[1, 2], k1=k1, k2=k2, p1=p1, p2=p2, k3=k3)
    return calibration_from_krt(k, np.array(form.krt.r), np.array(form.krt.t), _size(form), lens=lens)


def _tsai(form: CalibrationForm) -> Calibration:
    assert form.tsai is not None
    return calibration_from_tsai(TsaiParameters(**form.tsai.model_dump()))


def _projection(form: CalibrationForm) -> Calibration:
    p = np.array(form.projection, dtype=np.float64)
    if form.method is None:
        return Calibration(_size(form), p, lens=_lens(form, None))
    return Calibration(_size(form), p, lens=_lens(form, None), method=form.method)


_BUILDERS = {"camera": _camera, "krt": _krt, "tsai": _tsai, "projection": _projection}


def _size(form: CalibrationForm) -> tuple[int, int]:
    assert form.image_size is not None
    return form.image_size


def _lens(form: CalibrationForm, intrinsics: FloatArray | None) -> Lens | None:
    if form.lens is None:
        return None
    numbers = form.lens.model_dump(exclude={"type"})
    if isinstance(form.lens, TsaiLensForm):
        return TsaiLens(**numbers)
    if intrinsics is not None:
        own = {"fx": intrinsics[0, 0], "fy": intrinsics[1, 1], "cx": intrinsics[0, 2], "cy": intrinsics[1, 2]}
        numbers = {name: own[name] if value is None else value for name, value in numbers.items()}
    missing = [name for name in ("fx", "fy", "cx", "cy") if numbers[name] is None]
    if missing:
        raise CalibrationError(f"lens: {', '.join(missing)} missing: the focal length is not given elsewhere")
    return BrownLens(**numbers)
