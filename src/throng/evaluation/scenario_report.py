"""All scenarios of a bench together."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from throng.evaluation.errors import EvaluationError
from throng.evaluation.scenario_verdict import Verdict


@dataclass(frozen=True, slots=True)
class BenchReport:
    """The verdicts of a bench.

    Attributes:
        verdicts: one per scenario.
    """

    verdicts: tuple[Verdict, ...]

    @property
    def missed(self) -> int:
        """Dangers that were not called."""
        return sum(v.missed for v in self.verdicts)

    @property
    def late(self) -> tuple[str, ...]:
        """Scenes whose crush was called later than asked for, or not at all."""
        return tuple(v.scene for v in self.verdicts if v.in_time is False)

    @property
    def false_alarms(self) -> int:
        """Alarms when nothing was wrong."""
        return sum(v.false_alarms for v in self.verdicts)

    @property
    def false_causes(self) -> dict[str, int]:
        """How many of them each cause made; an alarm may have several."""
        causes = Counter[str]()
        for v in self.verdicts:
            causes.update(v.false_causes)
        return dict(sorted(causes.items()))

    @property
    def quiet_s(self) -> float:
        """How long nothing was wrong."""
        return sum(v.quiet_s for v in self.verdicts)

    @property
    def lead_time_s(self) -> float | None:
        """The shortest lead of a crush that was called; None when none was."""
        leads = [v.lead_time_s for v in self.verdicts if v.kind == "crush" and v.lead_time_s is not None]
        return min(leads, default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        return {
            "scenes": [v.to_dict() for v in self.verdicts],
            "missed": self.missed,
            "late": list(self.late),
            "false_alarms": self.false_alarms,
            "false_alarms_per_hour": None if self.quiet_s <= 0 else self.false_alarms * 3600 / self.quiet_s,
            "false_causes": self.false_causes,
            "quiet_s": self.quiet_s,
            "lead_time_s": self.lead_time_s,
        }


def write_bench(verdicts: Sequence[Verdict], path: Path) -> None:
    """Write the report as JSON.

    Raises:
        EvaluationError: the file cannot be written.
    """
    content = json.dumps(BenchReport(tuple(verdicts)).to_dict(), indent=2, ensure_ascii=False)
    try:
        path.write_text(content + "\n", encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{path}: the report cannot be written: {error.strerror}") from None
