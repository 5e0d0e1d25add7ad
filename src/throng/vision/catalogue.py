"""Third-party models by name: what they are, where their publisher keeps them, and how to know them again.

None of them is shipped with Throng. A model may exist in several editions: the same network, exported or
converted by its publisher at different times. Each edition is accepted only as a whole, file by file, by SHA-256.
"""

from dataclasses import dataclass

_YOLOX_RELEASE = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0"
_OPEN_MODEL_ZOO = "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2023.0/models_bin/1"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model.

    Attributes:
        name: file name, without a folder.
        size_bytes: its exact size, None where nobody wrote it down.
        sha256: its hash, 64 lower-case hexadecimal digits.
        url: where its publisher keeps it, None when this edition can no longer be fetched.
    """

    name: str
    size_bytes: int | None
    sha256: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """One publication of a model.

    Attributes:
        label: which publication.
        files: all its files; the first is the one to load.
    """

    label: str
    files: tuple[ModelFile, ...]

    @property
    def size_bytes(self) -> int:
        """Size of all files together, as far as it is known."""
        return sum(file.size_bytes or 0 for file in self.files)

    @property
    def fetchable(self) -> bool:
        """Every file has a publisher's URL."""
        return all(file.url is not None for file in self.files)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A named third-party model.

    Attributes:
        name: the name in commands and configurations.
        what: one line for people.
        licence: SPDX name.
        publisher: who publishes it, with the page.
        editions: newest first; `pull` fetches the first that can be fetched.
    """

    name: str
    what: str
    licence: str
    publisher: str
    editions: tuple[Edition, ...]


CATALOGUE: dict[str, ModelEntry] = {
    entry.name: entry
    for entry in (
        ModelEntry(
            name="yolox-nano",
            what="persons",
            licence="Apache-2.0",
            publisher="Megvii, https://github.com/Megvii-BaseDetection/YOLOX",
            editions=(
                Edition(
                    "release 0.1.1rc0",
                    (
                        ModelFile(
                            "yolox_nano.onnx",
                            3_659_407,
                            "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d",
                            f"{_YOLOX_RELEASE}/yolox_nano.onnx",
                        ),
                    ),
                ),
                Edition(
                    "exported with PyTorch 1.10",
                    (
                        ModelFile(
                            "yolox_nano.onnx",
                            3_660_092,
                            "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
                        ),
                    ),
                ),
            ),
        ),
        ModelEntry(
            name="person-detection-retail-0013",
            what="persons; extra openvino",
            licence="Apache-2.0",
            publisher="Intel, https://github.com/openvinotoolkit/open_model_zoo",
            editions=(
                Edition(
                    "Open Model Zoo 2023.0",
                    (
                        ModelFile(
                            "person-detection-retail-0013.xml",
                            None,
                            "33acc96a73898256a127a53af71b6bfb169df83bd514984b01beacbcf7b2cc04",
                            f"{_OPEN_MODEL_ZOO}/person-detection-retail-0013/FP32/person-detection-retail-0013.xml",
                        ),
                        ModelFile(
                            "person-detection-retail-0013.bin",
                            2_891_364,
                            "f3731a76de6a26ef7f380a08831bc13d74fc1e6ae774fd9ea30267a487084f2c",
                            f"{_OPEN_MODEL_ZOO}/person-detection-retail-0013/FP32/person-detection-retail-0013.bin",
                        ),
                    ),
                ),
                Edition(
                    "Open Model Zoo 2020, IR 10",
                    (
                        ModelFile(
                            "person-detection-retail-0013.xml",
                            358_360,
                            "97c32b9b4c2e4cda309c8e21d582db1b5818b4c9d7f30039e8869360cf0f0869",
                        ),
                        ModelFile(
                            "person-detection-retail-0013.bin",
                            2_891_364,
                            "6f09cb7061328942f9d5e9fc81631a4234be66a26daa50cd672d4077ee82ad44",
                        ),
                    ),
                ),
            ),
        ),
    )
}
