"""The folder in which a server keeps what it has."""

from pathlib import Path

from throng.server.errors import ServerError


def make_data_folder(folder: Path) -> None:
    """Make the folder where it is missing.

    Raises:
        ServerError: something else has this name, or it may not be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(
            f"cannot keep data in {folder}: {error.strerror or error}; name a folder that may be written to, "
            "with --data-dir or the setting data_dir"
        ) from error
