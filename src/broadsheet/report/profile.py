"""A reader's profile: what is read, followed, wanted and not wanted."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from broadsheet import sample
from broadsheet.core.config import Config, build, read_toml, with_settings
from broadsheet.core.errors import ProfileError, did_you_mean
from broadsheet.core.letters import without_accents
from broadsheet.core.schema import Item
from broadsheet.report.deliver.settings import DeliveryConfig
from broadsheet.report.feedback.compare import CompareConfig
from broadsheet.report.planned import PlanConfig
from broadsheet.report.rules import Rule
from broadsheet.report.tldr.config import TldrConfig
from broadsheet.sources import read_library


class Profile(Config):
    """What a reader wants, as it stands in a TOML file.

    `library` names files of references beside the profile, `seeds` ids of papers that count
    like library entries, `interests` plain texts that do too. A paper outside `categories`
    (if any are named) is left out unless it matches an `include` rule or is by an author
    followed. `only` = included keeps nothing but what an `include` rule matches. The slate has
    `budget` papers, no two of them nearer to each other than `diversity_floor` (1 - cosine); the share
    `exploration` of its places is given by chance, so that what the reader likes can be learnt.
    `plan` says whether a plan of categories fills it, after what was shown on earlier days; none does unless it is asked for.
    `tldr` says whether a language model writes a TL;DR of each pick; none does unless it is named.
    `delivery` says where the page goes.
    `compare` says whether two rankings are compared on it; none are unless that is asked for.
    """

    name: str = "Reader"
    categories: tuple[str, ...] = ()
    include: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] = ()
    only: Literal["all", "included"] = "all"
    follow: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    library: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    budget: Annotated[int, Field(ge=1)] = 20
    diversity_floor: Annotated[float, Field(ge=0, le=1)] = 0.1
    exploration: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    plan: PlanConfig = PlanConfig()
    tldr: TldrConfig = TldrConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    compare: CompareConfig = CompareConfig()

    def check(self) -> "Profile":
        """Compile every rule now, so that a bad one is known before any work."""
        for rule in (*self.include, *self.exclude):
            _ = rule.pattern
        self.plan.check()
        self.compare.check()
        return self


class Reader(NamedTuple):
    """A profile with its library read, and seeds that no library or source knew."""

    profile: Profile
    library: tuple[Item, ...]
    unknown_seeds: tuple[str, ...]


def read_profile(path: Path, settings: tuple[str, ...] = ()) -> Profile:
    """Read a profile; `settings` are `a.b=c` laid over it. Raises `ProfileError` or `PatternError`."""
    data = with_settings(read_toml(path, ProfileError), settings)
    profile = build(Profile, data, str(path), ProfileError).check()
    beside = tuple(str(path.parent / name) for name in profile.library)
    return profile.model_copy(update={"library": beside, "delivery": profile.delivery.beside(path.parent)})


@contextmanager
def found_profile(name: str, settings: tuple[str, ...] = ()) -> Iterator[Profile]:
    """Read the profile at a path, or else of a sample reader, whose packaged files are there while the block runs.

    Raises ProfileError where there is neither, and what `read_profile` raises.
    """
    path = Path(name)
    with ExitStack() as stack:
        if not path.exists():
            if name not in sample.READERS:
                hint = did_you_mean(name, sample.READERS)
                raise ProfileError(f"There is no profile {name}.{hint}", 'Make one: broadsheet profile new --from words "…" --out me.toml')
            path = stack.enter_context(sample.profile_path(name))
        yield read_profile(path, settings)


def read_reader(profile: Profile, known: dict[str, Item]) -> Reader:
    """Read a profile's library; seeds are looked up in it and in `known` items."""
    library: dict[str, Item] = {}
    for name in profile.library:
        for item in read_library(Path(name)):
            library.setdefault(item.id, item)
    unknown: list[str] = []
    for seed in profile.seeds:
        if seed in known:
            library.setdefault(seed, known[seed])
        elif seed not in library:
            unknown.append(seed)
    return Reader(profile, tuple(library.values()), tuple(unknown))


def same_person(left: str, right: str) -> bool:
    """Compare names without case, accents and full stops.

    >>> same_person("Zoë Kéita", "zoe keita")
    True
    """
    return _folded(left) == _folded(right)


def _folded(name: str) -> str:
    return " ".join(without_accents(name).casefold().replace(".", " ").split())
