"""The homography that fits pairs of points best, and how it moves when the points move."""

import numpy as np

from throng.core.points import FloatArray, GroundPoints, ImagePoints


def fit_homography(image: ImagePoints, ground: GroundPoints, *, refine: bool = True) -> FloatArray:
    r"""Fit the homography that maps the ground plane to undistorted pixels.

    .. math:: w (u, v, 1)^T = H (x, y, 1)^T

    A normalised direct linear transform (Hartley 1997) gives the start, Levenberg-Marquardt on the distances in
    the picture the end (Hartley and Zisserman 2004, algorithm 4.2 and section 4.2).

    Args:
        image: (N, 2) undistorted pixels, N >= 4.
        ground: (N, 2) site metres.
        refine: do the second step; four points fit exactly without it.

    Returns:
        H, (3, 3), scaled so that w > 0 at most of the ground points and 1 in the mean of its size.
    """
    from scipy.optimize import least_squares  # noqa: PLC0415  half a second that only fitting needs

    to_image, to_ground = _normaliser(image), _normaliser(ground)
    near_image, near_ground = apply_homography(to_image, image), apply_homography(to_ground, ground)
    fitted = _direct_linear_transform(near_image, near_ground)

    def misses(parameters: FloatArray) -> FloatArray:
        return (apply_homography(parameters.reshape(3, 3), near_ground) - near_image).ravel()

    if refine and len(image) > 4:
        fitted = least_squares(misses, fitted.ravel(), method="lm").x.reshape(3, 3)
    h = np.linalg.solve(to_image, fitted @ to_ground)
    depths = np.column_stack((ground, np.ones(len(ground)))) @ h[2]
    sign = 1.0 if 2 * np.count_nonzero(depths > 0) >= len(depths) else -1.0
    return np.asarray(h * sign / np.abs(depths).mean(), dtype=np.float64)


def apply_homography(h: FloatArray, points: FloatArray) -> FloatArray:
    """Map points, (N, 2), by a homography, (3, 3)."""
    mapped = np.column_stack((points, np.ones(len(points)))) @ h.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:], dtype=np.float64)


def homography_sensitivity(h: FloatArray, ground: GroundPoints) -> FloatArray:
    r"""How the nine numbers of H move when the clicked pixels move.

    .. math:: \delta h = A^+ \delta u, \quad A = \partial u / \partial h

    with the pseudo-inverse taking care of the free scale (Hartley and Zisserman 2004, section 5.2).

    Args:
        h: the fitted H, (3, 3).
        ground: (N, 2) site metres of the points that it was fitted to.

    Returns:
        (9, 2N), change of H's numbers row by row per pixel, for u1, v1, u2, v2, …
    """
    here = np.column_stack((ground, np.ones(len(ground))))
    depth = here @ h[2]
    pixels = apply_homography(h, ground)
    slopes = np.zeros((2 * len(ground), 9))
    for axis in (0, 1):
        slopes[axis::2, 3 * axis : 3 * axis + 3] = here / depth[:, None]
        slopes[axis::2, 6:9] = -pixels[:, axis : axis + 1] * here / depth[:, None]
    # Columns differ by many powers of ten: without equal lengths the pseudo-inverse would drop the small ones.
    lengths = np.linalg.norm(slopes, axis=0)
    lengths = np.where(lengths > 0, lengths, 1.0)
    return np.asarray(np.linalg.pinv(slopes / lengths, rcond=1e-10) / lengths[:, None], dtype=np.float64)


def _direct_linear_transform(image: FloatArray, ground: FloatArray) -> FloatArray:
    n = len(image)
    here = np.column_stack((ground, np.ones(n)))
    rows = np.zeros((2 * n, 9))
    rows[0::2, 0:3], rows[0::2, 6:9] = here, -image[:, :1] * here
    rows[1::2, 3:6], rows[1::2, 6:9] = here, -image[:, 1:] * here
    return np.asarray(np.linalg.svd(rows)[2][-1].reshape(3, 3), dtype=np.float64)


def _normaliser(points: FloatArray) -> FloatArray:
    """Move the centre to the origin and the mean distance to sqrt(2), (3, 3)."""
    centre = points.mean(axis=0)
    scale = np.sqrt(2) / np.linalg.norm(points - centre, axis=1).mean()
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
