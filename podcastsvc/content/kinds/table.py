"""The table of all kinds of texts; a new kind adds its file and its line here."""

from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content.kinds import article, call, page, person
from podcastsvc.content.kinds.kind import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (article.KIND, page.KIND, person.KIND, call.KIND)}
BY_FOLDER: dict[str, Kind] = {kind.folder: kind for kind in KINDS.values()}


def find_named(path: str) -> tuple[str, str] | None:
    """The kind and slug that an article's path names; None for other paths. Pages that are not out answer at no path that
    could be led to, and people and calls have nothing to hide."""
    head, _, rest = path.lstrip("/").partition("/")
    slug = rest.rstrip("/")
    return (article.KIND.name, slug) if head == article.KIND.folder and make_slug(slug) == slug != "" else None
