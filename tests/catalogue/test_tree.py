"""The tree in a folder and in an object store: the same words, and the same scan over both."""

import os
from pathlib import Path

import boto3
import pytest

import tests.site
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.catalogue.tree import open_tree
from podcastsvc.errors import Invalid, Misconfigured, Unavailable
from podcastsvc.settings import Settings
from tests.catalogue.folders import GUID, SHOW, make_cover
from tests.catalogue.recordings import make_mp3
from tests.catalogue.sites import Site, changes_of

KEYS = {"s3_access_key": "key", "s3_secret_key": "secret"}


class Folders:
    """Puts files into a folder as a person would."""

    def __init__(self, root: Path) -> None:
        root.mkdir(exist_ok=True)
        self.settings = {"episodes": str(root)}
        self._root = root

    def put(self, path: str, content: bytes) -> None:
        (self._root / path).parent.mkdir(parents=True, exist_ok=True)
        (self._root / path).write_bytes(content)
        os.utime(self._root / path, (1_700_000_000, 1_700_000_000))

    def get(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def remove(self, path: str) -> None:
        (self._root / path).unlink()


class Bucket:
    """Puts objects below a prefix of an object store."""

    def __init__(self, endpoint: str, prefix: str) -> None:
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
        self._client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
        self._prefix = prefix
        self.settings = {"episodes": f"s3://show/{prefix}", "s3_endpoint": endpoint, **KEYS}

    def put(self, path: str, content: bytes) -> None:
        self._client.put_object(Bucket="show", Key=f"{self._prefix}/{path}", Body=content)

    def get(self, path: str) -> bytes:
        return self._client.get_object(Bucket="show", Key=f"{self._prefix}/{path}")["Body"].read()

    def remove(self, path: str) -> None:
        self._client.delete_object(Bucket="show", Key=f"{self._prefix}/{path}")


@pytest.fixture(params=["folder", "object store"])
def place(request, tmp_path):
    if request.param == "folder":
        return Folders(tmp_path / "tree")
    return Bucket(request.getfixturevalue("s3_endpoint"), f"{tmp_path.name}/episodes")


@pytest.fixture
def tree(place, tmp_path):
    return open_tree(Settings(data=tmp_path / "var", **place.settings))


@pytest.fixture
def scanned(place, sqlite_db, tmp_path):
    """A site whose tree is the place."""
    site = Site(sqlite_db, tmp_path)
    site.settings = Settings(data=tmp_path / "var", base_url="https://show.example", **place.settings)
    return site


def put_episode(place, name: str, *, head: str = "", seconds: float = 2) -> bytes:
    raw = f"---\r\ntitle: Why maps lie # they do\r\ndate: 2026-05-30 06:00\r\n{head}---\r\nAbout maps.\r\n".encode()
    place.put(f"{name}/notes.md", raw)
    place.put(f"{name}/audio.mp3", make_mp3(seconds))
    return raw


# ---- the tree itself


def test_folders_are_listed_to_a_depth_of_two_with_the_files_that_are_ours(place, tree):
    for path in (
        "show.yaml",
        "a/notes.md",
        "a/other.txt",
        "b/show.yml",
        "b/c/AUDIO.MP3",
        "b/c/d/notes.md",
        ".x/notes.md",
    ):
        place.put(path, b"12345")

    found = {
        folder.name: {name: stamp.size_bytes for name, stamp in folder.files.items()} for folder in tree.list_folders()
    }

    assert {name: files for name, files in found.items() if files} == {
        "": {"show.yaml": 5},
        "a": {"notes.md": 5},
        "b": {"show.yml": 5},
        "b/c": {"AUDIO.MP3": 5},
    }


def test_stamp_changes_with_the_content(place, tree):
    place.put("a/notes.md", b"12345")
    before = tree.look("a")
    place.put("a/notes.md", b"123456")

    after = tree.look("a")

    assert before is not None
    assert after is not None
    assert after.files["notes.md"] != before.files["notes.md"]
    assert tree.look("a") == after


def test_what_is_not_there_is_none(place, tree):
    place.put("a/notes.md", b"x")

    assert tree.look("b") is None
    assert tree.read_bytes("a/other.md") is None
    with pytest.raises(FileNotFoundError), tree.open_file("a/audio.mp3"):
        pass


def test_file_is_read_and_written_whole(place, tree):
    place.put("a/audio.mp3", b"\0" * 3_000_000)

    place.put("a/notes.md", b"old")

    is_swapped = [tree.swap_bytes("a/notes.md", old, b"new") for old in (b"other", b"old", b"old")]
    with tree.open_file("a/audio.mp3") as path:
        length_bytes = path.stat().st_size

    assert is_swapped == [False, True, False]
    assert (place.get("a/notes.md"), tree.read_bytes("a/notes.md")) == (b"new", b"new")
    assert length_bytes == 3_000_000


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a/../../outside"])
def test_no_path_leaves_the_folder(tmp_path, path):
    tree = open_tree(Settings(data=tmp_path / "var", episodes=str(tmp_path)))

    with pytest.raises(Invalid, match="leaves the episodes folder"):
        tree.read_bytes(path)


def test_address_that_is_no_stores_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="s3://bucket/prefix"):
        open_tree(Settings(data=tmp_path, episodes="s3://")).list_folders()


# ---- the scan over both


def test_same_tree_makes_the_same_episodes(place, scanned):
    place.put("show.yaml", SHOW.encode())
    place.put("artwork.jpg", make_cover())
    place.put("tonos/show.yaml", b"title: Tonos\n")
    raw = put_episode(place, "2026-05-30-maps")
    put_episode(place, "tonos/2026-05-30-mapas", head=f"guid: {GUID}\r\n", seconds=3)

    report = scanned.scan()
    again = scanned.scan()

    episode = scanned.get("2026-05-30-maps")
    (audio,) = scanned.list_audio("2026-05-30-maps")
    assert report.counts == {"added": 4}
    assert again.counts == {"unchanged": 4}
    assert (episode.slug, audio.seconds, audio.name) == ("maps", 2, f"maps-{audio.sha256[:8]}")
    assert scanned.media.find_length(audio.media_key) == audio.length_bytes
    assert place.get("2026-05-30-maps/notes.md").replace(f"guid: {episode.guid}\r\n".encode(), b"") == raw
    assert scanned.get("tonos/2026-05-30-mapas").guid == GUID
    assert scanned.get_show().artwork_id is not None


def test_changes_are_seen(place, scanned):
    place.put("show.yaml", SHOW.encode())
    for name in ("2026-05-30-maps", "2026-05-31-money", "2026-06-01-salt"):
        put_episode(place, name, head=f"guid: guid of {name}\r\n")
    scanned.scan()
    (old,) = scanned.list_audio("2026-05-30-maps")
    place.put("2026-05-30-maps/audio.mp3", make_mp3(4))
    for file in ("notes.md", "audio.mp3"):
        place.put(f"2026-05-31-all-money/{file}", place.get(f"2026-05-31-money/{file}"))
        place.remove(f"2026-05-31-money/{file}")
        place.remove(f"2026-06-01-salt/{file}")

    report = scanned.scan()

    new, kept = scanned.list_audio("2026-05-30-maps")
    assert changes_of(report) == {
        "2026-05-30-maps": "changed",
        "2026-05-31-all-money": "changed",
        "2026-06-01-salt": "removed",
    }
    assert (new.seconds, kept.name) == (4, old.name)
    assert kept.replaced_at is not None
    assert scanned.get("2026-05-31-all-money").guid == "guid of 2026-05-31-money"


def test_single_folder_is_scanned(place, scanned):
    place.put("show.yaml", SHOW.encode())
    scanned.scan()
    put_episode(place, "2026-05-30-maps")

    report = scanned.scan_folder("2026-05-30-maps")

    assert report.change is Change.ADDED
    assert scanned.scan().counts == {"unchanged": 2}


def test_object_store_that_is_away_changes_nothing(sqlite_db, tmp_path, s3_endpoint):
    site, bucket = Site(sqlite_db, tmp_path), Bucket(s3_endpoint, tmp_path.name)
    site.settings = Settings(data=tmp_path / "var", **bucket.settings)
    bucket.put("show.yaml", SHOW.encode())
    put_episode(bucket, "2026-05-30-maps")
    site.scan()
    site.settings = Settings(
        data=tmp_path / "var", **{**bucket.settings, "s3_secret_key": "", "episodes": "s3://gone/x"}
    )

    with pytest.raises(Unavailable):
        site.scan()

    assert site.list_folders() == ["2026-05-30-maps"]


def test_command_scans_an_object_store_into_an_object_store(tmp_path, s3_endpoint):
    bucket = Bucket(s3_endpoint, f"{tmp_path.name}/episodes")
    bucket.put("show.yaml", SHOW.encode())
    put_episode(bucket, "2026-05-30-maps")
    site = tests.site.Site(tmp_path, media_url=f"s3://show/{tmp_path.name}/media", **bucket.settings)
    site.run("init", "--host-email", "ada@example.org")

    first, second = site.ask("scan"), site.ask("scan")

    assert first["counts"] == {"added": 2}
    assert second["counts"] == {"unchanged": 2}
    assert b"guid: " in bucket.get("2026-05-30-maps/notes.md")
