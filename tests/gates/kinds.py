"""The kinds of pages that Lighthouse and pa11y look at, and the budgets that hold for them."""

from dataclasses import dataclass

from tests.gates.lighthouse import Figures
from tests.gates.pages import CALL, EPISODE

LEAST_SCORE = 95
LCP_MS = 1_800
TBT_MS = 200
CLS = 0.02
HOME_BYTES = 100_000
HOME_REQUESTS = 15


@dataclass(frozen=True, slots=True)
class Kind:
    """A page as somebody sees it; ``actions`` is what pa11y does there first."""

    name: str
    who: str
    path: str
    actions: tuple[str, ...] = ()


KINDS = (
    Kind("home", "visitor", "/"),
    Kind("episodes", "visitor", "/episodes/"),
    Kind("episode", "visitor", EPISODE),
    Kind("episode for members", "visitor", "/episodes/letter-box/"),
    Kind("episode, 9,000 words", "visitor", "/episodes/nine-thousand-words/"),
    Kind("articles", "visitor", "/articles/"),
    Kind("article", "visitor", "/articles/eleven-listeners/"),
    Kind("article in Spanish", "visitor", "/es/articles/eleven-listeners/"),
    Kind("about", "visitor", "/about/"),
    Kind("contact", "visitor", "/contact/"),
    Kind("transcript", "visitor", f"{EPISODE}transcript"),
    Kind("tag", "visitor", "/tags/beginners/"),
    Kind("person", "visitor", "/people/ada-lind/"),
    Kind("call", "visitor", CALL),
    Kind("search", "visitor", "/search?q=feed"),
    Kind("follow", "visitor", "/follow"),
    Kind("join", "visitor", "/join"),
    Kind("join in Spanish", "visitor", "/es/join"),
    Kind("sign in", "visitor", "/sign-in"),
    Kind(
        "sign in, a mistake",
        "visitor",
        "/sign-in",
        ("click element main form[method=post] button", "wait for element #problems to be visible"),
    ),
    Kind("gift", "visitor", "/gift"),
    Kind("not there", "visitor", "/nothing"),
    Kind("account", "ben", "/account"),
    Kind("account, past due", "cleo", "/account"),
    Kind("account, ended", "dev", "/account"),
    Kind("studio", "ada", "/studio/"),
    Kind("new episode", "ada", "/studio/episodes/new"),
    Kind("members", "ada", "/studio/members"),
    Kind("settings of payments", "ada", "/studio/settings/payments"),
    Kind("settings of the show", "ada", "/studio/settings/show"),
    Kind("settings of the look", "ada", "/studio/settings/look"),
    Kind("new article", "ada", "/studio/articles/new"),
)


def list_misses(kind: Kind, figures: Figures, *, indexed: bool) -> list[str]:
    """The budgets that a page misses, in words. A page that no search engine may list has no score for that."""
    found = [
        f"{name} {score} < {LEAST_SCORE} {' '.join(figures.flaws[name])}".rstrip()
        for name, score in figures.scores.items()
        if score < LEAST_SCORE and (indexed or name != "seo")
    ]
    limits = {"LCP ms": (figures.lcp_ms, LCP_MS), "TBT ms": (figures.tbt_ms, TBT_MS), "CLS": (figures.cls, CLS)}
    if kind.name == "home":
        limits |= {"bytes": (figures.bytes, HOME_BYTES), "requests": (figures.requests, HOME_REQUESTS)}
    return found + [f"{name} {value:.6g} > {most}" for name, (value, most) in limits.items() if value > most]
