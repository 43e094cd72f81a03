"""What identifies shows and episodes for ever: guids (rules G1, G3, G6)."""

import uuid

_PODCAST_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


def make_episode_guid() -> str:
    """A random UUID in lower case, made with an episode and kept when everything else about it changes (rule G1)."""
    return str(uuid.uuid4())


def make_preview_guid(guid: str) -> str:
    """A preview is other audio, so apps need another guid for it (rule G3)."""
    return f"{guid}-preview"


def make_show_guid(feed_address: str) -> str:
    """The podcast:guid of a show: UUIDv5 over its public feed's address without scheme and trailing slashes (rule G6)."""
    _, separator, rest = feed_address.partition("://")
    return str(uuid.uuid5(_PODCAST_NAMESPACE, (rest if separator else feed_address).rstrip("/")))
