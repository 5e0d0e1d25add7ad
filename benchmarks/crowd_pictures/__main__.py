"""Draws all pictures of docs/crowd-science.md, or those named: `python -m benchmarks.crowd_pictures [NAME ...]`."""

import sys
from pathlib import Path

from benchmarks.crowd_pictures import ahead, bands, density, flow, groups, order, pressure, turning, waves
from benchmarks.crowd_pictures.canvas import write

FOLDER = Path(__file__).parents[2] / "docs/images/crowd-science"
PICTURES = {
    "density": density.draw,
    "level-of-service": bands.draw_service,
    "fundamental-diagram": bands.draw_diagram,
    "flow": flow.draw,
    "divergence": turning.draw_divergence,
    "order": order.draw,
    "congestion": turning.draw_congestion,
    "pressure": pressure.draw,
    "waves": waves.draw,
    "groups": groups.draw,
    "change": ahead.draw_change,
    "forecast": ahead.draw_forecast,
}


def main() -> None:
    """Write the pictures and tell their sizes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        path = FOLDER / f"{name}.png"
        write(PICTURES[name](), path)
        print(f"{path.stat().st_size / 1000:5.0f} kB  {path}")


if __name__ == "__main__":
    main()
