"""No text of a host can take an address at which something else of the site answers."""

import re
from urllib.parse import urlsplit

from podcastsvc.content.kinds.page import FIXED, RESERVED, SHARED, is_reserved
from podcastsvc.kit.language import CATALOGUES
from podcastsvc.services import STANDIN_PREFIX
from podcastsvc.web.guards.old_addresses import ELSEWHERE

# What answers without a rule, what other programs ask for, and what the site may have tomorrow.
BESIDE = frozenset(
    "calls donate embed hooks members newsletter search sitemap standin stripe-stand-in theme wp-login".split()
)


def test_what_is_reserved_is_what_the_site_has(url_map):
    paths = [rule.rule for rule in url_map.iter_rules()]

    first = {urlsplit(path).path.lstrip("/").partition("/")[0] for path in (*paths, *ELSEWHERE, STANDIN_PREFIX)}
    names = {name for name in first if re.fullmatch("[a-z0-9-]+", name)}

    # A new address of the site belongs into RESERVED of content/kinds/page.py.
    assert names - FIXED - SHARED - RESERVED == set()
    assert RESERVED - names <= BESIDE


def test_no_page_is_named_like_a_language():
    assert all(is_reserved(folder.name) for folder in CATALOGUES.iterdir() if folder.is_dir())
