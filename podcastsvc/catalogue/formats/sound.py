"""What our own look at an audio file's bytes finds, whatever its format."""

from dataclasses import dataclass

MAY_DIFFER = 0.05
"""How far a length claimed in a header may be from what size and bit rate say (rule T-F4)."""


@dataclass(frozen=True, slots=True)
class Sound:
    """``seconds`` is exact as far as the file tells; ``tag_bytes`` are the bytes before the audio (rule D4).

    ``advice`` holds sentences for the host about a file that is taken although something is odd.
    """

    seconds: float
    tag_bytes: int
    bitrate_kbps: int
    is_vbr: bool
    advice: tuple[str, ...] = ()


def differs(claimed: float, measured: float) -> bool:
    """Whether a claim is more than five per cent away from a measurement."""
    return abs(claimed - measured) > MAY_DIFFER * measured
