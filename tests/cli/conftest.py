"""The `throng` command, called inside the test's own process."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from outcome import Outcome
from throng.cli.main import main


@pytest.fixture
def throng(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Outcome]]:
    """Call `throng` with arguments; signal handlers and logging are put back afterwards."""
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setenv("COLUMNS", "400")

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["throng", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as leave:
            code = leave.code if isinstance(leave.code, int) else 1
        captured = capsys.readouterr()
        return Outcome(code, captured.out, " ".join(captured.err.split()))

    yield call
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)
    for number, handler in signals.items():
        signal.signal(number, handler)
