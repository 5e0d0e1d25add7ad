"""Tsai's camera model, as the PETS recordings come with it."""

from dataclasses import dataclass

import numpy as np

from throng.core.calibration import Calibration, CalibrationError
from throng.core.lens import TsaiLens
from throng.core.pinhole import calibration_from_krt
from throng.core.points import FloatArray


@dataclass(frozen=True, slots=True)
class TsaiParameters:
    """The numbers of a Tsai calibration under the names of the PETS files.

    Attributes:
        width, height: size in pixels of the pictures that it was made for.
        focal: effective focal length in mm.
        kappa1: radial lens distortion in 1/mm².
        cx, cy: principal point in pixels.
        sx: uncertainty factor of the horizontal scale.
        dpx, dpy: effective size of a pixel on the sensor in mm.
        tx, ty, tz: site origin in camera axes, in the unit that `metres_per_unit` gives.
        rx, ry, rz: rotation from site to camera axes in radians.
        metres_per_unit: 0.001 for millimetres, as PETS has it.
    """

    width: int
    height: int
    focal: float
    kappa1: float
    cx: float
    cy: float
    sx: float
    dpx: float
    dpy: float
    tx: float
    ty: float
    tz: float
    rx: float
    ry: float
    rz: float
    metres_per_unit: float = 0.001

    def __post_init__(self) -> None:
        for name in ("width", "height", "focal", "sx", "dpx", "dpy", "metres_per_unit"):
            if not getattr(self, name) > 0:
                raise CalibrationError(f"Tsai calibration: {name} must be positive, got {getattr(self, name)}")


def calibration_from_tsai(tsai: TsaiParameters) -> Calibration:
    r"""Make a calibration from Tsai's model, reference: Tsai, IEEE J. Robotics and Automation RA-3 (1987).

    .. math:: K = \begin{pmatrix} s_x f / d_{px} & 0 & c_x \\ 0 & f / d_{py} & c_y \\ 0 & 0 & 1 \end{pmatrix}

    followed by the lens of one radial coefficient. The site frame is the one of the file, in metres.

    Raises:
        CalibrationError: the camera comes out below the ground.
    """
    intrinsics = np.array(
        [[tsai.sx * tsai.focal / tsai.dpx, 0, tsai.cx], [0, tsai.focal / tsai.dpy, tsai.cy], [0, 0, 1]]
    )
    translation_m = np.array([tsai.tx, tsai.ty, tsai.tz]) * tsai.metres_per_unit
    lens = TsaiLens(kappa1=tsai.kappa1, mm_per_px_x=tsai.dpx / tsai.sx, mm_per_px_y=tsai.dpy, cx=tsai.cx, cy=tsai.cy)
    return calibration_from_krt(
        intrinsics,
        _rotation(tsai.rx, tsai.ry, tsai.rz),
        translation_m,
        (tsai.width, tsai.height),
        lens=None if tsai.kappa1 == 0 else lens,
        method="tsai",
    )


def _rotation(rx: float, ry: float, rz: float) -> FloatArray:
    """R = Rz Ry Rx: first about x, then y, then z, as in Tsai's own programs."""
    (sa, sb, sg), (ca, cb, cg) = np.sin([rx, ry, rz]), np.cos([rx, ry, rz])
    about_x = np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    about_y = np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    about_z = np.array([[cg, -sg, 0], [sg, cg, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x, dtype=np.float64)
