"""Where the folders are that travel with the program: templates and the sample show.

An installed package carries them in ``_bundled``; a checkout has them beside the package.
"""

from functools import cache
from pathlib import Path

from podcastsvc.errors import Misconfigured

_PACKAGE = Path(__file__).parents[1]


@cache
def get_folder(name: str) -> Path:
    """The folder of that name. Raises Misconfigured where the installation lacks it."""
    for place in (_PACKAGE / "_bundled" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise Misconfigured(f"The installation is incomplete: its folder {name!r} is missing. Install podcastsvc again.")
