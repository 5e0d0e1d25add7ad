"""How a call of the command ended."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call of the command ended.

    Attributes:
        code: exit code.
        out, err: what it printed, with line breaks of the terminal taken out of `err`.
    """

    code: int
    out: str
    err: str
