"""How long `import throng` takes in a fresh interpreter, against `import numpy`."""

import statistics
import subprocess
import sys

from benchmarks.outcome import Measure, finish

REPEATS = 7


def main() -> None:
    """Measure both imports alternately, so that a busy moment of the machine hits both."""
    pairs = [(import_s("throng"), import_s("numpy")) for _ in range(REPEATS)]
    throng_s = statistics.median(pair[0] for pair in pairs)
    numpy_s = statistics.median(pair[1] for pair in pairs)
    finish(
        "Import time, median of fresh interpreters",
        "import_time",
        [
            Measure("import throng", throng_s, "s", at_most=0.5),
            Measure("import numpy", numpy_s, "s"),
            Measure("import throng / import numpy", throng_s / numpy_s),
        ],
    )


def import_s(module: str) -> float:
    """Return the seconds that an import takes in a fresh interpreter, the interpreter's own start not counted."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
