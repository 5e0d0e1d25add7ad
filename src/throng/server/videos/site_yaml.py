"""The site file with which an uploaded video is measured: one camera with its calibration, and the zones it sees."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from throng.store.tables import Camera, Line, Site, Zone

SAME = ("use", "capacity", "risk_profile", "thresholds_per_m2", "service_profile", "one_way_deg", "exits", "name")


def write_site(
    path: Path, *, site: Site, camera: Camera, zones: Sequence[Zone], lines: Sequence[Line], video: str
) -> None:
    """Write the file; a camera without a calibration gets no zones, since nobody knows where they are in its picture.

    Args:
        path: where to.
        site, camera: whose.
        zones, lines: the active ones of the site.
        video: name of the video beside the file.
    """
    drawn = [zone for zone in zones if zone.polygon is not None and _is_of(camera, zone)]
    measured = drawn if camera.calibration is not None else []
    entry: dict[str, Any] = {"id": camera.key, "source": video, "name": camera.name}
    if camera.calibration is not None:
        entry["calibration"] = camera.calibration
    if camera.mode.get("rate_hz"):
        entry["rate"] = camera.mode["rate_hz"]
    if camera.mode.get("model"):
        entry["model"] = camera.mode["model"]
    if camera.zone_keys is not None and measured:
        entry["zones"] = [zone.key for zone in measured]
    content = {
        "name": site.name,
        "zones": [_zone(zone) for zone in measured],
        "lines": [{"id": x.key, "from": x.points[0], "to": x.points[1], "name": x.name} for x in lines],
        "cameras": [entry],
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _is_of(camera: Camera, zone: Zone) -> bool:
    return camera.zone_keys is None or zone.key in camera.zone_keys


def _zone(zone: Zone) -> dict[str, Any]:
    known = {name: getattr(zone, name) for name in SAME}
    kept = {name: value for name, value in known.items() if value is not None}
    return {"id": zone.key, "polygon": zone.polygon, **kept}
