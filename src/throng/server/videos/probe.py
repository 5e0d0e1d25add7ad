"""Says how long a video is, as a program of its own: a broken file must not take the server with it.

`python -m throng.server.videos.probe FILE` writes one JSON object: {"duration_s": …} or {"problem": "…"}.
"""

import json
import sys

from throng.core.errors import ThrongError
from throng.video.sources import open_source


def main() -> None:
    """Open the file that is named and tell."""
    source = open_source(sys.argv[1], camera_id="video")
    try:
        source.open()
        told: dict[str, object] = {"duration_s": source.info.duration_s}
    except ThrongError as error:
        told = {"problem": str(error)}
    finally:
        source.close()
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
