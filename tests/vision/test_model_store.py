"""The model folder and its downloads, against a real HTTP server."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from throng.vision.catalogue import CATALOGUE, Edition, ModelEntry, ModelFile
from throng.vision.errors import VisionError
from throng.vision.model_store import ModelState, ModelStore, is_installed, models_dir

CONTENT = {"net.xml": b"<net/>" * 2000, "net.bin": bytes(range(256)) * 1000}


class Publisher(BaseHTTPRequestHandler):
    """Serves a model well, not at all, changed, and only the first half of it."""

    def do_GET(self) -> None:
        _, how, name = self.path.split("/")
        if how == "moved":
            self.send_response(302)
            self.send_header("Location", f"/good/{name}")
            self.end_headers()
            return
        if how == "gone" or name not in CONTENT:
            self.send_error(404)
            return
        body = CONTENT[name] if how != "changed" else b"<html>please log in</html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if how == "cut" else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def publisher() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def entry(base: str | None) -> ModelEntry:
    files = tuple(
        ModelFile(name, len(data), hashlib.sha256(data).hexdigest(), None if base is None else f"{base}/{name}")
        for name, data in CONTENT.items()
    )
    return ModelEntry("net", "a test", "Apache-2.0", "nobody", (Edition("first", files),))


def store(folder: Path, base: str | None) -> ModelStore:
    return ModelStore(folder, {"net": entry(base)})


def put(folder: Path, content: dict[str, bytes] = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return folder


def leftovers(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and p.name not in CONTENT]


@pytest.mark.parametrize("how", ["good", "moved"])
def test_model_is_fetched_checked_and_found(publisher: str, tmp_path: Path, how: str) -> None:
    models = store(tmp_path, f"{publisher}/{how}")
    seen: list[tuple[str, int, int | None]] = []
    path = models.pull("net", progress=lambda *step: seen.append(step))
    assert path == tmp_path / "net" / "net.xml"
    assert (tmp_path / "net" / "net.bin").read_bytes() == CONTENT["net.bin"]
    assert seen[-1] == ("net.bin", 256_000, 256_000)
    assert models.find("net") == path
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("gone", r"the publisher answered 404 Not Found"),
        ("changed", r"expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64} \(26 bytes\); nothing was installed"),
        ("cut", r"the connection broke before the file was complete"),
    ],
)
def test_failed_fetch_says_why_and_leaves_nothing(publisher: str, tmp_path: Path, how: str, words: str) -> None:
    models = store(tmp_path, f"{publisher}/{how}")
    with pytest.raises(VisionError, match=words):
        models.pull("net")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert models.state_of("net") is ModelState.MISSING


def test_no_connection_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(VisionError, match=r"no connection to the publisher.*bring the file with --from DIR"):
        store(tmp_path, "http://127.0.0.1:9").pull("net")


def test_files_are_brought_from_a_folder_below(tmp_path: Path) -> None:
    put(tmp_path / "stick" / "some" / "where")
    path = store(tmp_path / "models", None).pull("net", from_dir=tmp_path / "stick")
    assert path == tmp_path / "models" / "net" / "net.xml"
    assert path.read_bytes() == CONTENT["net.xml"]


def test_right_files_are_picked_among_others_of_the_same_name(tmp_path: Path) -> None:
    put(tmp_path / "stick" / "FP16", {name: data + b"other" for name, data in CONTENT.items()})
    put(tmp_path / "stick" / "FP32")
    path = store(tmp_path / "models", None).pull("net", from_dir=tmp_path / "stick")
    assert path.read_bytes() == CONTENT["net.xml"]


def test_changed_files_in_the_folder_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "stick", CONTENT | {"net.bin": b"changed"})
    models = store(tmp_path / "models", None)
    with pytest.raises(VisionError, match=r"net\.bin has SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}"):
        models.pull("net", from_dir=tmp_path / "stick")
    with pytest.raises(VisionError, match=r"it holds no file of that name"):
        models.pull("net", from_dir=put(tmp_path / "empty", {}))
    with pytest.raises(VisionError, match=r"there is no such folder"):
        models.pull("net", from_dir=tmp_path / "nowhere")
    assert not (tmp_path / "models").exists()


def test_tampered_model_is_refused_at_load_also_after_a_good_load(tmp_path: Path) -> None:
    put(tmp_path / "net")
    models = store(tmp_path, None)
    weights = tmp_path / "net" / "net.bin"
    assert models.find("net").name == "net.xml"
    weights.write_bytes(b"x" + CONTENT["net.bin"][1:])
    os.utime(weights, ns=(1, 1))
    with pytest.raises(VisionError, match=r"model net is not used: .*net\.bin has SHA-256"):
        models.find("net")
    assert models.verify("net").state is ModelState.DIFFERS
    weights.unlink()
    with pytest.raises(VisionError, match=r"net\.bin is missing"):
        models.find("net")


def test_damaged_model_is_mended_by_pulling_again(publisher: str, tmp_path: Path) -> None:
    put(tmp_path / "net", {"net.xml": b"damaged"})
    models = store(tmp_path, f"{publisher}/good")
    models.pull("net")
    assert models.verify("net").state is ModelState.INSTALLED


def test_editions_are_not_mixed(tmp_path: Path) -> None:
    first = entry(None)
    files = first.editions[0].files
    newer = Edition(
        "second", tuple(replace(f, sha256=hashlib.sha256(b"2" + f.name.encode()).hexdigest()) for f in files)
    )
    models = ModelStore(tmp_path, {"net": replace(first, editions=(newer, first.editions[0]))})
    put(tmp_path / "net", CONTENT | {"net.xml": b"2net.xml"})
    with pytest.raises(VisionError, match=r"belong to different editions"):
        models.find("net")
    put(tmp_path / "net")
    assert models.verify("net").detail == "first"


def test_missing_model_is_told_with_the_command_that_brings_it(tmp_path: Path) -> None:
    with pytest.raises(VisionError, match=r"fetch it with: throng models pull net"):
        store(tmp_path, None).find("net")
    with pytest.raises(VisionError, match=r"unknown model 'nat'; did you mean 'net'\? known models: net"):
        store(tmp_path, None).find("nat")


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    put(tmp_path / "stick")
    (tmp_path / "models").write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(VisionError, match=r"cannot be written .*THRONG_MODELS"):
        store(tmp_path / "models", None).pull("net", from_dir=tmp_path / "stick")


def test_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """A limit on the size of files stops the writing half way, as a full disk does."""
    put(tmp_path / "stick")
    program = f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_model_store import store
from throng.vision.errors import VisionError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store(Path({str(tmp_path / "models")!r}), None).pull("net", from_dir=Path({str(tmp_path / "stick")!r}))
except VisionError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "net.bin: cannot be written (File too large)" in told
    assert leftovers(tmp_path / "models") == []
    assert not (tmp_path / "models" / "net" / "net.bin").exists()


def test_folder_of_models_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THRONG_MODELS", str(tmp_path))
    assert models_dir() == tmp_path
    assert not is_installed("yolox-nano")
    monkeypatch.delenv("THRONG_MODELS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert models_dir() == tmp_path / "cache" / "throng" / "models"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert models_dir() == Path.home() / ".cache" / "throng" / "models"


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_catalogue_is_complete(name: str) -> None:
    model = CATALOGUE[name]
    assert model.licence in {"Apache-2.0", "MIT"}
    assert any(edition.fetchable for edition in model.editions)
    for edition in model.editions:
        assert [f.name for f in edition.files] == [f.name for f in model.editions[0].files]
        for file in edition.files:
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.url is None or (file.url.startswith("https://") and file.url.endswith("/" + file.name))


@pytest.mark.shared
@pytest.mark.parametrize("name", list(CATALOGUE))
def test_real_weights_are_brought_and_known(name: str, shared_dir: Path, tmp_path: Path) -> None:
    models = ModelStore(tmp_path)
    path = models.pull(name, from_dir=shared_dir / "models")
    assert path.is_relative_to(tmp_path / name)
    assert models.verify(name).state is ModelState.INSTALLED
    assert ModelStore(shared_dir / "models").state_of(name) is ModelState.INSTALLED
