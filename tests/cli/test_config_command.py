"""`throng config` on a data folder of this machine."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import yaml

from outcome import Outcome
from throng.server.central import create_server
from throng.server.run import ServerThread
from throng.server.settings import load_settings
from throng.store.database import Database
from throng.store.secret_box import hashed
from throng.store.tables import ApiToken, User

SITE = """\
name: Market square
zones:
  - {id: square, polygon: [[0, 0], [8, 0], [8, 16], [0, 16]], capacity: 250}
cameras:
  - {id: north, source: sim://plaza, calibration: north.yaml}
"""
CALIBRATION = "image_size: [1920, 1080]\ncamera: {height_m: 6, tilt_deg: 25, fov_deg: 70}\n"


def test_example_is_applied_and_exported(throng: Callable[..., Outcome], tmp_path: Path) -> None:
    data = ["--data-dir", tmp_path / "data"]
    looked = throng("config", "apply", "--example", "--dry-run", *data)
    assert looked.code == 0, looked.err
    assert "create zone harbour-example/passage" in looked.out
    assert "nothing was changed" in looked.out
    made = throng("config", "apply", "--example", *data)
    assert "13 changes made" in made.out
    assert throng("config", "apply", "--example", *data).out == "nothing to change\n"
    exported = throng("config", "export", *data, "--out", tmp_path / "c.yaml")
    assert exported.code == 0, exported.err
    content = yaml.safe_load((tmp_path / "c.yaml").read_text())
    assert [zone["id"] for zone in content["sites"][0]["zones"]][-1] == "passage"
    assert throng("config", "apply", tmp_path / "c.yaml", "--prune", *data).out == "nothing to change\n"


def test_site_file_with_its_calibration(throng: Callable[..., Outcome], tmp_path: Path) -> None:
    data = ["--data-dir", tmp_path / "data"]
    site = tmp_path / "site.yaml"
    site.write_text(SITE)
    missing = throng("config", "apply", site, *data)
    assert (missing.code, "north.yaml" in missing.err) == (2, True)
    (tmp_path / "north.yaml").write_text(CALIBRATION)
    assert "3 changes made" in throng("config", "apply", site, *data).out
    exported = yaml.safe_load(throng("config", "export", *data).out)
    assert exported["sites"][0]["cameras"][0]["calibration"]["camera"]["tilt_deg"] == 25
    site.write_text(SITE.replace("250", "200"))
    changed = throng("config", "apply", site, *data)
    assert "change zone market-square/square\n         capacity: 250 → 200\n1 changes made" in changed.out


def test_mistakes_are_one_sentence(throng: Callable[..., Outcome], tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(SITE.replace("capacity", "capacitty"))
    for arguments, words in (
        (["apply", site], f"{site}, line 3: unknown key 'zones.0.capacitty'"),
        (["apply", tmp_path / "none.yaml"], "No such file"),
        (["apply"], "give the FILE"),
        (["apply", site, "--example"], "give the FILE"),
        (["export", "--data-dir", tmp_path / "nowhere"], "there is no database"),
        (["export", "--server", "http://127.0.0.1:9"], "needs --token-file"),
        (["export", "--server", "http://127.0.0.1:9", "--token-file", tmp_path / "none"], "cannot read the token"),
        (["export", "--server", "http://127.0.0.1:9", "--token-file", site], "does not answer"),
    ):
        refused = throng("config", *arguments)
        assert (refused.code, words in refused.err) == (2, True), refused


async def _administrator(data: Path) -> None:
    database = Database(load_settings(data_dir=data).database())
    try:
        async with database.write() as session:
            user = User(username="mara", role="admin", all_sites=True)
            session.add(user)
            await session.flush()
            token = {"name": "t", "prefix": "thr_", "role": "admin", "token_hash": hashed("thr_test")}
            session.add(ApiToken(user_id=user.id, **token))
    finally:
        await database.close()


def test_running_server_is_asked_instead(throng: Callable[..., Outcome], tmp_path: Path) -> None:
    data, token, site = tmp_path / "data", tmp_path / "token", tmp_path / "site.yaml"
    (tmp_path / "north.yaml").write_text(CALIBRATION)
    token.write_text("thr_test\n")
    site.write_text(SITE)
    server = ServerThread(create_server(load_settings(data_dir=data)), host="127.0.0.1", port=0)
    server.start()
    try:
        asyncio.run(_administrator(data))
        there = ["--server", server.url, "--token-file", token]
        assert "3 changes; nothing was changed" in throng("config", "apply", site, "--dry-run", *there).out
        assert "3 changes made" in throng("config", "apply", site, *there).out
        assert throng("config", "apply", site, "--prune", *there).out == "nothing to change\n"
        assert "tilt_deg: 25" in throng("config", "export", *there).out
        token.write_text("thr_wrong")
        refused = throng("config", "export", *there)
        assert (refused.code, "refused: log in" in refused.err) == (2, True), refused
    finally:
        server.stop()
