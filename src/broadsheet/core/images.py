"""Reading pictures: the header before the pixels, every mode on white, every fault in two lines."""

import hashlib
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from broadsheet.core.errors import ImageError

MOST_PIXELS = 100_000_000
_SMALLER = "Make it smaller, for example: convert IMAGE -resize 2000x2000 SMALLER.png"
_AGAIN = "Fetch or export the picture again, or take it out of the list."


def read_image(source: Path | bytes | Image.Image, most_pixels: int = MOST_PIXELS) -> Image.Image:
    """Read a picture as RGB, whatever its mode: what is transparent shows white, and a camera's turn is undone.

    The size is read from the header first, so that a picture over `most_pixels` costs no
    memory. Of an animation the first frame is read. Raises ImageError for a file that is missing, empty, cut, no
    picture, or too large.
    """
    if isinstance(source, Image.Image):
        return _on_white(source)
    return _opened(source, most_pixels, pixels=True)


def check_image(source: Path | bytes, most_pixels: int = MOST_PIXELS) -> None:
    """Raise ImageError where the header says that `read_image` would fail; no pixel is decoded."""
    _opened(source, most_pixels, pixels=False)


def _opened(source: Path | bytes, most_pixels: int, *, pixels: bool) -> Image.Image:
    name = str(source) if isinstance(source, Path) else "The picture given as bytes"
    try:
        with warnings.catch_warnings():
            # Pillow's own limits are announced by warnings; ours is an error with a remedy, checked below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(source if isinstance(source, Path) else io.BytesIO(source)) as image:
                _require_size(name, image.size, most_pixels)
                if not pixels:
                    return image
                image.load()
                return _on_white(ImageOps.exif_transpose(image))
    except FileNotFoundError:
        raise ImageError(f"There is no picture {name}.", "Check the path; paths in a manifest are relative to --images.") from None
    except UnidentifiedImageError:
        raise ImageError(f"{name} is not a picture that can be read.", "PNG, JPEG, GIF, WebP, BMP and TIFF are read; convert an SVG to PNG first.") from None
    except Image.DecompressionBombError:
        raise ImageError(f"{name} has more than {most_pixels / 1e6:g} megapixels.", _SMALLER) from None
    except (OSError, SyntaxError, ValueError, EOFError) as fault:
        raise ImageError(f"{name} cannot be read: {fault}.", _AGAIN) from None


def image_hash(source: Path | bytes | Image.Image) -> str:
    """Return the first 32 hexadecimal digits of the SHA-256 of a picture's bytes, or of its pixels where it has no file."""
    if isinstance(source, Image.Image):
        source = source.mode.encode() + repr(source.size).encode() + source.tobytes()
    try:
        return hashlib.sha256(source.read_bytes() if isinstance(source, Path) else source).hexdigest()[:32]
    except OSError as fault:
        raise ImageError(f"{source} cannot be read: {fault.strerror}.", "Check the path; paths in a manifest are relative to --images.") from None


def _require_size(name: str, size: tuple[int, int], most_pixels: int) -> None:
    width, height = size
    if width * height > most_pixels:
        raise ImageError(f"{name} has {width * height / 1e6:.0f} megapixels, more than {most_pixels / 1e6:g}.", _SMALLER)
    if min(size) < 1:
        raise ImageError(f"{name} has no pixel: {width} x {height}.", _AGAIN)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    layered = image.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring wider grey values to 0 to 255; Pillow's own conversion cuts them off at 255."""
    values = np.asarray(image, dtype=np.float64)
    most = values.max(initial=0)
    # Sixteen bits are what a PNG or TIFF of mode I holds; floating values are shares of the largest, or of 1.
    full = 65535.0 if image.mode.startswith("I") else max(float(most), 1.0)
    return Image.fromarray(np.clip(values / full * 255, 0, 255).astype(np.uint8))
