"""The one base of all errors that a user can cause and can mend."""


class ThrongError(Exception):
    """A problem that the user can act on.

    The message is one clear sentence: which camera, zone or file, what was expected, what came, what to do.
    The command line prints it and leaves with exit code 2; no traceback is shown.
    """
