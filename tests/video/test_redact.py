"""Credentials never leave the process: the redactor itself."""

import logging
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.video.redact import RedactingFilter, redact, redact_address, redacting_logger

CASES = [
    # plain user and password
    ("rtsp://admin:hunter2@10.0.0.5:554/live", "rtsp://***@10.0.0.5:554/live"),
    # only a user
    ("http://admin@cam/video", "http://***@cam/video"),
    # the password holds @ and /
    ("rtsp://admin:p@ss/w0rd@cam:554/live", "rtsp://***@cam:554/live"),
    # percent-encoded
    ("rtsp://admin:p%40ss%2Fw@cam/live", "rtsp://***@cam/live"),
    # secrets in the query
    ("http://cam/v?user=bob&pwd=hunter2&fps=5", "http://cam/v?user=***&pwd=***&fps=5"),
    ("https://cam/v?access_token=abc.def-ghi", "https://cam/v?access_token=***"),
    # secrets in the path, as some recorders have them
    ("rtsp://cam:554/user=admin&password=hunter2&channel=1", "rtsp://cam:554/user=***&password=***&channel=1"),
    # an @ inside a secret of the query
    ("http://cam/v?password=p@ss", "http://***"),
    # a URL inside a URL, encoded
    ("http://relay/?url=rtsp%3A%2F%2Fbob%3Ahunter2%40cam%2Flive", "http://relay/?url=rtsp%3A%2F%2F***%40cam%2Flive"),
    # several in a sentence
    ("from rtsp://a:b1@x/1 to 'rtsp://c:d2@y/2'", "from rtsp://***@x/1 to 'rtsp://***@y/2'"),
    # a password with a space
    ("cannot open rtsp://admin:my secret@cam/live", "cannot open rtsp://***@cam/live"),
    # nothing to hide
    ("http://cam:8080/video?fps=5", "http://cam:8080/video?fps=5"),
    ("see http://cam:8080/video, or write to a@example.org", "see http://cam:8080/video, or write to a@example.org"),
    ("/videos/user=bob/monkey=3.mp4", "/videos/user=bob/monkey=3.mp4"),
    ("C:\\videos\\gate.mp4", "C:\\videos\\gate.mp4"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_each_form_of_a_secret_is_hidden(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_redacting_twice_changes_nothing(text: str, expected: str) -> None:
    assert redact(redact(text)) == redact(text)


printable = st.characters(min_codepoint=33, max_codepoint=126)


@given(
    user=st.text(st.characters(categories=["Ll", "Nd"], max_codepoint=127), min_size=1, max_size=8),
    secret=st.text(printable, min_size=1, max_size=20).map(lambda text: f"Zq9{text}9qZ"),
    encoded=st.booleans(),
)
def test_no_password_survives_in_a_log_line(user: str, secret: str, encoded: bool) -> None:
    written = quote(secret, safe="") if encoded else secret
    shown = redact(f"source 'rtsp://{user}:{written}@cam.example:554/live' does not answer")
    assert "Zq9" not in shown
    assert "9qZ" not in shown
    assert shown.startswith("source ")
    assert shown.endswith(" does not answer")


@given(secret=st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=20).map(lambda t: f"Zq9{t}9qZ"))
def test_no_password_survives_in_an_address_spaces_included(secret: str) -> None:
    shown = redact_address(f"rtsp://admin:{secret}@cam/live")
    assert shown == "rtsp://***@cam/live"


def test_filter_cleans_message_arguments_and_traceback(caplog: pytest.LogCaptureFixture) -> None:
    logger = redacting_logger("throng.test.redact")
    with caplog.at_level(logging.INFO):
        logger.info("opening %s", "rtsp://u:hunter2@cam/")
        try:
            raise OSError("rtsp://u:hunter2@cam/ refused")
        except OSError:
            logger.exception("failed")
    assert "hunter2" not in caplog.text
    assert "opening rtsp://***@cam/" in caplog.text
    assert "OSError: rtsp://***@cam/ refused" in caplog.text


def test_filter_is_installed_once() -> None:
    for _ in range(3):
        logger = redacting_logger("throng.test.once")
    assert sum(isinstance(each, RedactingFilter) for each in logger.filters) == 1
