"""Names of agents: our own lists, and the operator's in their place (rules U1 to U5)."""

import json
import shutil

import pytest

from podcastsvc.errors import Misconfigured
from podcastsvc.stats.agents import OWN, AgentKind, Namer, read_lists

SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("text", "kind", "name", "device"),
    [
        ("Overcast/3.0 (+http://overcast.fm/; iOS podcast app)", AgentKind.APP, "Overcast", "mobile"),
        ("Podcasts/1575.1.2 CFNetwork/1240.0.4 Darwin/20.6.0", AgentKind.APP, "Apple Podcasts", "mobile"),
        ("Pocket Casts", AgentKind.APP, "Pocket Casts", "unknown"),
        ("AntennaPod/3.4.0", AgentKind.APP, "AntennaPod", "unknown"),
        (
            "AlexaMediaPlayer/2.1.4676.0 (Linux;Android 5.1.1) ExoPlayerLib/1.5.9",
            AgentKind.APP,
            "Alexa",
            "smart_speaker",
        ),
        (SAFARI, AgentKind.BROWSER, "Safari", "mobile"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/126.0 Safari/537.36 Edg/126.0",
            AgentKind.BROWSER,
            "Edge",
            "computer",
        ),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", AgentKind.BOT, "Googlebot", "unknown"),
        ("curl/8.5.0", AgentKind.LIBRARY, "curl", "unknown"),
        ("SomethingNew/1.0 (iPhone)", AgentKind.UNKNOWN, "unknown", "mobile"),
        ("", AgentKind.UNKNOWN, "unknown", "unknown"),
    ],
)
def test_u1_agents_are_named_by_the_first_list_that_knows_them(text, kind, name, device):
    agent = Namer(OWN).name(text, "")

    assert (agent.kind, agent.name, agent.device) == (kind, name, device)


def test_u2_names_are_kept_for_as_many_agents_as_the_rule_says():
    namer = Namer(OWN)

    for _ in range(3):
        namer.name(SAFARI, "")
        namer.name_reader(SAFARI)

    for kept in (namer.name, namer.name_reader):
        assert (kept.cache_info().maxsize, kept.cache_info().misses) == (4_096, 1)
        assert kept.cache_info().hits >= 2


def test_u3_readers_of_feeds_have_a_list_of_their_own():
    namer = Namer(OWN)

    assert namer.name_reader("Overcast/1.0 Podcast Sync (123 subscribers; feed-id=456)") == "Overcast"
    assert namer.name_reader("gPodder/3.11.4 (http://gpodder.org/) Linux") == "gPodder"
    assert namer.name_reader("Nobody knows me") == "unknown"


@pytest.mark.parametrize(
    ("text", "is_app"),
    [
        ("Overcast/3.0 (+http://overcast.fm/; iOS podcast app)", True),
        ("Podcasts/1575.1.2 CFNetwork/1240.0.4 Darwin/20.6.0", True),
        ("iTMS", True),
        ("okhttp/4.12.0", True),
        ("SomethingNew/1.0 (iPhone)", True),
        ("", True),
        (SAFARI, False),
        ("WhatsApp/2.23.20.0", False),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", False),
        ("Podcastindex.org/v1.0", False),
    ],
)
def test_a_reader_is_an_app_unless_it_is_a_browser_or_somebodys_robot(text, is_app):
    assert Namer(OWN).is_app(text) is is_app


@pytest.fixture
def folder(shared_data, tmp_path):
    shutil.copytree(shared_data / "user_agents", tmp_path / "agents")
    return tmp_path / "agents"


def test_u4_every_example_of_the_operators_lists_is_named_by_its_own_entry(folder):
    namer, count, wrong = Namer(read_lists(folder)), 0, []

    for kind in ("bots", "apps", "libraries", "browsers"):
        for entry in json.loads((folder / f"{kind}.json").read_text())["entries"]:
            for example in entry.get("examples", []):
                count += 1
                if namer.name(example, "").name != entry["name"]:
                    wrong.append((entry["name"], example))

    assert count == 1_420
    assert wrong == []


def test_u4_referrers_name_the_site_a_browser_plays_on_and_devices_the_device(folder):
    namer = Namer(read_lists(folder))

    assert namer.name(SAFARI, "https://music.amazon.de/podcasts/x").name == "Amazon Music"
    assert namer.name(SAFARI, "").device == "mobile"
    assert namer.name_reader("Mozilla/5.0 AhrefsBot") == "AhrefsSiteAudit bot"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", 'has no list "entries"'),
        ('{"entries": []}', 'has no list "entries"'),
        ('{"entries": [{"name": "x"}]}', "entry 1 lacks"),
        ('{"entries": [{"name": "Fine", "pattern": "x"}, {"name": "Broken", "pattern": "("}]}', "entry 2 .Broken."),
    ],
)
def test_u5_a_bad_file_is_refused_whole(folder, content, message):
    (folder / "apps.json").write_text(content)

    with pytest.raises(Misconfigured, match=f"apps.json.*{message}"):
        read_lists(folder)


def test_u5_a_missing_file_is_named(folder):
    (folder / "bots.json").unlink()

    with pytest.raises(Misconfigured, match=r"bots.json: cannot be read"):
        read_lists(folder)


@pytest.mark.parametrize(
    ("text", "is_app"),
    [
        ("Overcast/1.0 Podcast Sync (123 subscribers)", True),
        (SAFARI, False),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", False),
    ],
)
def test_an_apps_server_is_the_app_also_where_the_lists_call_it_a_bot(folder, text, is_app):
    namer = Namer(read_lists(folder))

    assert (namer.name(text, "").kind is AgentKind.APP, namer.is_app(text)) == (False, is_app)
