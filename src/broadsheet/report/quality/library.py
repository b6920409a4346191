"""The library of a profile, with the interests it states as texts."""

from pathlib import Path

from broadsheet import sample
from broadsheet.core.errors import ProfileError, did_you_mean
from broadsheet.core.schema import Item
from broadsheet.report.interests import stated_items
from broadsheet.report.profile import read_profile, read_reader


def library_of(name: str) -> tuple[Item, ...]:
    """Return a profile's papers and stated interests; nothing without a name. Raises ProfileError for a profile that is not there."""
    if not name:
        return ()
    if name in sample.READERS and not Path(name).exists():
        with sample.profile_path(name) as path:
            return _read(path)
    if not Path(name).exists():
        raise ProfileError(f"There is no profile {name}.{did_you_mean(name, sample.READERS)}", "Name a profile (.toml), or leave --profile away.")
    return _read(Path(name))


def _read(path: Path) -> tuple[Item, ...]:
    reader = read_reader(read_profile(path), {})
    return (*reader.library, *stated_items(reader.profile.interests))
