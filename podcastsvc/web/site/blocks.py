"""The home page's blocks in the host's order: cards beside the episodes, everything else across the page. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

CARDS = frozenset({"membership", "call", "newsletter", "shows"})
"""Blocks that stand as cards beside the latest episodes."""

_MIDDLE = "episodes"


@dataclass(frozen=True, slots=True)
class Layout:
    """Blocks from the top: those ``above``, then the middle with its ``cards``, then those ``below``.

    ``has_episodes`` False leaves the cards alone in the middle. ``cards_first``: on a phone they come before the episodes.
    """

    above: tuple[str, ...]
    cards: tuple[str, ...]
    below: tuple[str, ...]
    has_episodes: bool
    cards_first: bool


def arrange(blocks: Sequence[str]) -> Layout:
    """Where each block stands. The middle is where the episodes are, or where the first card is without them."""
    cards = tuple(block for block in blocks if block in CARDS)
    has_episodes = _MIDDLE in blocks
    middle = _MIDDLE if has_episodes else next(iter(cards), "")
    at = blocks.index(middle) if middle else 0
    wide = [(number, block) for number, block in enumerate(blocks) if block not in CARDS and block != _MIDDLE]
    return Layout(
        above=tuple(block for number, block in wide if number < at),
        cards=cards,
        below=tuple(block for number, block in wide if number >= at),
        has_episodes=has_episodes,
        cards_first=has_episodes and bool(cards) and blocks.index(cards[0]) < at,
    )
