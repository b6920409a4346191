"""Pictures that come with a request: bytes alone, looked at before they are decoded; an address is refused, for nothing is fetched."""

import asyncio
import base64
import io
import re
from typing import Final

from PIL import Image, UnidentifiedImageError

from broadsheet.core.errors import ImageError
from broadsheet.core.images import read_image
from broadsheet.serve.api.problems import Problem
from broadsheet.serve.models.batcher import lane

# What is read from strangers: formats whose readers are small, and call no other program.
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
PIXELS: Final = 16_000_000
BYTES: Final = 8_000_000
# One at a time: the pixels of a few large pictures would fill the memory.
_DECODING = lane("pictures")
_DATA = re.compile(r"data:image/[a-z0-9.+-]{1,40};base64,", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]{1,20}:", re.IGNORECASE)


def of_base64(text: str) -> bytes:
    """Return the bytes of a picture in base64, with or without `data:image/...;base64,` before it.

    Raises Problem for an address of any kind, and for what is no base64.
    """
    match = _DATA.match(text)
    if match is None and _ADDRESS.match(text):
        raise Problem(400, "address", "A picture comes as bytes; nothing is fetched from an address.", "Send data:image/png;base64,... or the base64 alone.")
    try:
        data = base64.b64decode(text[match.end() :] if match else text, validate=True)
    except ValueError:
        raise Problem(
            400, "no-base64", "The picture is no base64.", "Send the bytes of a PNG, JPEG, WebP, GIF or BMP in base64, without line breaks."
        ) from None
    return _short(data)


async def opened(data: bytes) -> Image.Image:
    """Return a picture as RGB. Raises Problem for what is none, of another format, too large, or cut."""
    return await asyncio.get_running_loop().run_in_executor(_DECODING, _opened, _short(data))


def _short(data: bytes) -> bytes:
    if len(data) > BYTES:
        raise Problem(413, "too-long", f"The picture is longer than {BYTES:,} bytes.", "Make it smaller, for example 1000 x 1000.")
    return data


def _opened(data: bytes) -> Image.Image:
    try:
        # The header alone: of a bomb no pixel is decoded.
        with Image.open(io.BytesIO(data), formats=FORMATS) as seen:
            width, height = seen.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large("far more") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise Problem(400, "no-picture", "The bytes are no picture that is read here.", f"Send one of {', '.join(FORMATS)}.") from None
    if width * height > PIXELS:
        raise _too_large(f"{width} x {height}")
    try:
        return read_image(data, PIXELS)
    except ImageError as fault:
        raise Problem(400, "no-picture", fault.what, fault.mend) from None


def _too_large(size: str) -> Problem:
    return Problem(413, "too-large", f"The picture has {size} pixels, and {PIXELS / 1e6:g} million are read.", "Make it smaller.")
