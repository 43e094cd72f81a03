"""What the drawing of pictures in the child shares: modes, colours, transparency, turning, and bytes without metadata."""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

PILLOW = ("PIL.Image", "PIL.ImageOps", "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "PIL.WebPImagePlugin")
"""What a child that draws imports."""


def make_plain(image: "Image") -> "Image":
    """A mode that can be scaled: palettes are looked up, sixteen bits of grey become eight."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    if image.mode in {"P", "PA", "1", "La", "RGBa"}:
        return image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    return image


def match_colours(image: "Image", profile: bytes | None) -> "Image":
    """Colours as sRGB, which is what viewers assume of a picture without a profile."""
    if not profile or image.mode not in {"RGB", "CMYK"}:
        return image
    from PIL import ImageCms

    try:
        source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        matched = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return matched or image


def flatten(image: "Image") -> "Image":
    """RGB without transparency: what shows through is white."""
    from PIL import Image

    if image.mode not in {"RGBA", "LA"}:
        return image.convert("RGB")
    white = Image.new("RGB", image.size, "white")
    white.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return white


def turn(image: "Image", orientation: int) -> "Image":
    """Upright, as a camera meant it; the note that said so is not kept."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def save(image: "Image", kind: str, **options: Any) -> bytes:
    bare = image.copy()
    bare.info = {}
    out = io.BytesIO()
    bare.save(out, kind, **options)
    return out.getvalue()


def lanczos() -> Any:
    from PIL import Image

    return Image.Resampling.LANCZOS
