"""The table of all kinds of texts; a new kind adds its file and its line here."""

from podcastsvc.content.kinds import article, call, page, person
from podcastsvc.content.kinds.kind import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (article.KIND, page.KIND, person.KIND, call.KIND)}
BY_FOLDER: dict[str, Kind] = {kind.folder: kind for kind in KINDS.values()}
