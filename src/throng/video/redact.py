"""The one place that takes credentials out of texts: URLs in logs, errors and labels."""

import logging
import re
import traceback

HIDDEN = "***"

_SCHEME = r"[a-z][a-z0-9+.\-]*"
_NAME = r"[\w.\-]*(?:pass|pwd|token|secret|auth|key|sig|user|usr|login|cred|session|jwt)[\w.\-]*"
_SECRET_VALUE = re.compile(rf"((?:[?&;/#_]|%3F|%26){_NAME}(?:=|%3D))(?:(?!&|%26)\S)+", re.IGNORECASE)
_OPEN_SECRET = re.compile(rf"{_NAME}(?:=|%3D)[^&]*$", re.IGNORECASE)
_URL = re.compile(rf"{_SCHEME}(?:://|%3A%2F%2F)\S+", re.IGNORECASE)
_USER_INFO = re.compile(rf"({_SCHEME}://)(\S*)@([^&\s]*)", re.IGNORECASE)
_USER_INFO_WITH_SPACES = re.compile(
    rf"({_SCHEME}://)[^\s/?#@:]*:(?!\d{{1,5}}(?:[/?#\s'\"),;:]|$))[^\n@]*@", re.IGNORECASE
)
_ENCODED_USER_INFO = re.compile(rf"({_SCHEME}%3A%2F%2F)\S*%40", re.IGNORECASE)
_WHOLE_URL = re.compile(rf"({_SCHEME}://)(.*)@", re.IGNORECASE | re.DOTALL)


def redact(text: str) -> str:
    """Remove the credentials of every URL in a text.

    Hidden are user and password before the host (also when they contain `@`, `/` or spaces, plain or percent-encoded)
    and the values of parameters whose names speak of passwords, tokens, keys or users. Where an address is ambiguous
    too much is hidden rather than too little.

    Args:
        text: any text with any number of URLs.

    Returns:
        The text with `***` in place of each secret; the same text when there is none.
    """
    hidden = _USER_INFO_WITH_SPACES.sub(rf"\g<1>{HIDDEN}@", text)
    hidden = _USER_INFO.sub(_hide_user_info, hidden)
    hidden = _ENCODED_USER_INFO.sub(rf"\g<1>{HIDDEN}%40", hidden)
    return _URL.sub(lambda url: _SECRET_VALUE.sub(rf"\g<1>{HIDDEN}", url[0]), hidden)


def redact_address(address: str) -> str:
    """Remove the credentials of a text that is one URL as a whole, so that every `@` and space in it is understood."""
    return redact(_WHOLE_URL.sub(_hide_user_info_before_last_at, address, count=1))


def _hide_user_info(found: re.Match[str]) -> str:
    scheme, user_info, rest = found.groups()
    if _OPEN_SECRET.search(user_info):
        return f"{scheme}{HIDDEN}"
    return f"{scheme}{HIDDEN}@{rest}"


def _hide_user_info_before_last_at(found: re.Match[str]) -> str:
    scheme, user_info = found.groups()
    cut = _OPEN_SECRET.search(user_info)
    return f"{scheme}{HIDDEN}?password=" if cut else f"{scheme}{HIDDEN}@"


class RedactingFilter(logging.Filter):
    """Takes credentials out of a log record: message, arguments and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place and let it pass."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
            record.exc_info = None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


_FILTER = RedactingFilter()


def redacting_logger(name: str) -> logging.Logger:
    """Return the logger of that name with the redacting filter installed once.

    A filter of a parent logger does not see the records of its children, so every module that logs addresses asks
    for its logger here.
    """
    logger = logging.getLogger(name)
    logger.addFilter(_FILTER)
    return logger


def redact_handlers(logger: logging.Logger) -> None:
    """Install the filter on the handlers of a logger, the way for other libraries' logs; repeating is harmless."""
    for handler in logger.handlers:
        handler.addFilter(_FILTER)
