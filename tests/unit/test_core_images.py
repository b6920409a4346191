"""Pictures of every mode on white, and every fault in two lines before memory is spent."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from broadsheet.core.errors import ImageError
from broadsheet.core.images import check_image, image_hash, read_image


def bytes_of(image, form="PNG", **more):
    buffer = io.BytesIO()
    image.save(buffer, form, **more)
    return buffer.getvalue()


def png_header(width, height):
    """A PNG that claims a size and holds no pixels."""
    body = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + body
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(body)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\x00\x00\x00\x00IEND\xaeB`\x82"


def test_what_is_transparent_shows_white_in_every_mode():
    layered = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert read_image(layered).getpixel((0, 0)) == (255, 255, 255)
    grey = Image.new("LA", (4, 4), (0, 128))
    assert read_image(bytes_of(grey)).getpixel((1, 1)) == (127, 127, 127)
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([10, 20, 30, 200, 100, 50])
    assert read_image(bytes_of(palette)).getpixel((0, 0)) == (10, 20, 30)
    assert read_image(bytes_of(palette, transparency=0)).getpixel((0, 0)) == (255, 255, 255)
    assert read_image(bytes_of(Image.new("1", (4, 4), 1))).getpixel((0, 0)) == (255, 255, 255)
    assert read_image(bytes_of(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "TIFF")).getpixel((0, 0))[0] > 200


def test_sixteen_bits_are_scaled_and_not_cut_off():
    deep = Image.fromarray(np.array([[0, 32768], [65535, 65535]], dtype=np.uint16))
    assert [read_image(bytes_of(deep)).getpixel(at)[0] for at in ((0, 0), (1, 0), (0, 1))] == [0, 127, 255]


def test_the_turn_of_a_camera_is_undone():
    picture = Image.new("RGB", (6, 3), "white")
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_image(bytes_of(picture, "JPEG", exif=exif)).size == (3, 6)


@pytest.mark.parametrize("read", [read_image, check_image])
@pytest.mark.parametrize(("width", "height"), [(20_990, 29_700), (10_001, 10_000), (1_000_000, 200)])
def test_over_a_hundred_megapixels_is_refused_from_the_header(read, width, height):
    # Not one pixel stands in the file: whoever decodes it fails otherwise, or runs out of memory.
    with pytest.raises(ImageError, match="megapixels") as error:
        read(png_header(width, height))
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize("content", [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", bytes_of(Image.new("RGB", (64, 64), "red"))[:80]])
def test_what_is_no_whole_picture_is_two_lines(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(ImageError) as error:
        read_image(path)
    assert len(str(error.value).splitlines()) == 2
    assert str(path) in str(error.value)


def test_a_missing_file_and_a_folder_are_two_lines(tmp_path):
    for path in (tmp_path / "nowhere.png", tmp_path):
        for call in (read_image, check_image, image_hash):
            with pytest.raises(ImageError) as error:
                call(path)
            assert len(str(error.value).splitlines()) == 2


def test_a_picture_is_named_by_its_bytes(tmp_path):
    one, other = Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), "blue")
    path = tmp_path / "a.png"
    path.write_bytes(bytes_of(one))
    assert image_hash(path) == image_hash(bytes_of(one))
    assert image_hash(one) != image_hash(other)
    assert image_hash(Image.new("RGB", (2, 8), "red")) != image_hash(one)
