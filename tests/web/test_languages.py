"""More languages than the two that there are catalogues for: addresses, directions, and what is said in the meantime."""

from dataclasses import replace

import pytest
import time_machine

from podcastsvc.app import create_app
from podcastsvc.errors import Misconfigured
from podcastsvc.kit.keys import make_key_file
from podcastsvc.kit.language import gettext
from podcastsvc.services import Services
from podcastsvc.settings import read_settings
from tests.web.conftest import make_client
from tests.web.shelf import NOW, read, words

PATHS = ("/", "/episodes/", "/episodes/canal/", "/follow", "/people/", "/join", "/gift", "/sign-in")


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def world(show, settings, compiled):
    """A browser on a site in English, Spanish, Arabic and Brazil's Portuguese."""
    services = Services(replace(settings, languages=("en", "es", "ar", "pt-br")))
    make_key_file(services.key_path)
    app = create_app(services.settings, services)
    app.jinja_env.bytecode_cache = compiled
    yield make_client(app)
    services.close()


@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_there_in_each_language_and_says_which_way_it_is_read(world, path):
    pages = {
        code: read(world.get(f"{prefix}{path}")) for code, prefix in (("en", ""), ("ar", "/ar"), ("pt-br", "/pt-br"))
    }

    assert {code: (page.get("lang"), page.get("dir")) for code, page in pages.items()} == {
        "en": ("en", None),
        "ar": ("ar", "rtl"),
        "pt-br": ("pt-br", None),
    }


@pytest.mark.parametrize("path", ["/", "/episodes/canal/", "/join"])
def test_all_languages_of_a_page_name_each_other(world, path):
    alternates = [
        {
            link.get("hreflang"): link.get("href")
            for link in read(world.get(f"{prefix}{path}")).findall(".//link[@hreflang]")
        }
        for prefix in ("", "/es", "/ar", "/pt-br")
    ]

    assert set(alternates[0]) == {"en", "es", "ar", "pt-br", "x-default"}
    assert alternates == [alternates[0]] * 4


def test_days_and_numbers_are_written_as_each_language_does(world):
    portuguese, arabic = (words(read(world.get(f"/{code}/episodes/"))) for code in ("pt-br", "ar"))

    assert "28 de maio de 2026" in portuguese
    assert "مايو" in arabic


def test_the_footer_names_each_language_in_itself(world):
    foot = read(world.get("/ar/follow")).find_class("foot")[0]

    links = {link.get("hreflang"): (words(link), link.get("href")) for link in foot.iter("a") if link.get("hreflang")}

    assert links == {
        "en": ("English", "/follow"),
        "es": ("Español", "/es/follow"),
        "ar": ("العربية", "/ar/follow"),
        "pt-br": ("Português", "/pt-br/follow"),
    }


@pytest.mark.parametrize(
    "path", ["/fr/", "/fr/episodes/", "/xx/join", "/ES/", "/es-mx/", "/en/", "/es/es/", "/ar/studio/"]
)
def test_a_language_that_the_site_does_not_have_is_not_found(world, path):
    assert world.get(path).status_code == 404


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("en,art", "'art' is not a language's code"),
        ("en,../x", "is not a language's code"),
        ("studio", "'studio' is not a language's code"),
        ("EN", "'EN' is not a language's code"),
        ("en,es,en", "name each language once"),
    ],
)
def test_what_is_no_language_stops_the_start(written, message):
    with pytest.raises(Misconfigured, match=message):
        read_settings({"PODCASTSVC_LANGUAGES": written})


def test_a_country_s_language_is_served_by_the_catalogue_of_the_language():
    assert gettext("es-mx").gettext("Episodes") == gettext("es").gettext("Episodes") == "Episodios"


@pytest.mark.parametrize("path", ["/gift/redeem/ABCD-EFGH", "/add/secretsecret", "/sign-in/link/secretsecret"])
def test_no_secret_of_an_address_is_repeated_in_a_page_s_head(world, path):
    head = world.get(path).text.partition("</head>")[0]

    assert path.rpartition("/")[2] not in head
