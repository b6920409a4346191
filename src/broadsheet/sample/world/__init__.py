"""A fictional world in which what every stage should find is planted, and known."""

from broadsheet.sample.world.build import world
from broadsheet.sample.world.folder import read_world
from broadsheet.sample.world.model import World
from broadsheet.sample.world.settings import NAMES, WorldConfig

__all__ = ["NAMES", "World", "WorldConfig", "read_world", "world"]
