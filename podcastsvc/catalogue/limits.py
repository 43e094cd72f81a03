"""How large the files may be that hosts give us (rule T-F9), and what of their texts apps get (rule X7)."""

from podcastsvc.kit.language import Sentence, sentence

_MIB = 1024 * 1024
MOST_PICTURE_BYTES = 20 * _MIB
MOST_TEXT_BYTES = 5 * _MIB
MOST_DESCRIPTION_BYTES = 4_000
MOST_NOTES_BYTES = 100_000
"""Of the HTML that notes become: what a feed carries in full."""
LEAST_NOTICE_SECONDS = 10
LEAST_NOTICE_BYTES = 160_000
"""Of a notice's audio: some apps refuse what is under 150 KiB (rule S2)."""


def too_large(limit_bytes: int) -> Sentence:
    """The sentence for a file over a limit."""
    return sentence("The file must be smaller than %(size)s.", size=write_limit(limit_bytes))


def write_limit(limit_bytes: int) -> str:
    """``1 GB``, ``20 MB``: a limit as the round number that was set; as file managers count, a little more fits."""
    mebibytes, rest = divmod(limit_bytes, _MIB)
    if rest:
        return f"{limit_bytes // 1_000_000} MB"
    return f"{mebibytes // 1024} GB" if mebibytes % 1024 == 0 else f"{mebibytes} MB"
