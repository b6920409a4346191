"""Options that name pictures with texts, and columns of items, as several commands take them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from broadsheet.represent.pictures.labelled import Shown

ColumnWords = Annotated[str, typer.Option("--columns", help="Which column holds what, e.g. id=sku,title=dish,text=blurb.")]
FurtherImages = Annotated[Path | None, typer.Option("--further-images", help="A folder of more pictures to train on.")]
FurtherTexts = Annotated[list[Path] | None, typer.Option("--further-texts", help="Their texts. Repeats.")]


def pictures_of(images: Path | None, texts: list[Path] | None) -> "Shown | None":
    """Return pictures of a folder with their texts, or None where neither is named.

    Raises ConfigError where one is lacking, SourceNotFoundError where there is no such folder.
    """
    from broadsheet.core.errors import ConfigError, SourceNotFoundError
    from broadsheet.represent.pictures.labelled import Shown

    if (images is None) != (not texts):
        raise ConfigError("Further pictures need their folder and their texts.", "Give both options, the one for images and the one for texts.")
    if images is None:
        return None
    if not images.is_dir():
        raise SourceNotFoundError(f"There is no folder {images}.", "Give the folder that paths of pictures are relative to.")
    return Shown(images, tuple(texts or ()))
