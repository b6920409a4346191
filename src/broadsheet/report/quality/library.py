"""The library of a profile, with the interests it states as texts."""

from broadsheet.core.schema import Item
from broadsheet.report.interests import stated_items
from broadsheet.report.profile import found_profile, read_reader


def library_of(name: str) -> tuple[Item, ...]:
    """Return a profile's papers and stated interests; nothing without a name. Raises ProfileError for a profile that is not there."""
    if not name:
        return ()
    with found_profile(name) as profile:
        return (*read_reader(profile, {}).library, *stated_items(profile.interests))
