"""What `broadsheet needs run` reads posts with, and what it tells when it is done."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from broadsheet.cli.llm_options import Asked

if TYPE_CHECKING:
    from broadsheet.core.artifacts import Manifest
    from broadsheet.core.progress import Progress
    from broadsheet.needs.extract.run import PostExtractor
    from broadsheet.needs.taxonomy import Taxonomy

EXTRACTORS = ("rules", "llm")


def post_extractor(name: str, labeller: str, taxonomy: "Taxonomy", asked: Asked, below: float, floor: float, progress: "Progress") -> "PostExtractor":
    """Return what reads posts: `rules` with a labeller of sentences, or `llm`. Raises ConfigError for another name, and for options that do not go together."""
    from broadsheet.core.errors import ConfigError, did_you_mean
    from broadsheet.needs.extract.asked import AskedExtractor
    from broadsheet.needs.extract.extractor import Extractor
    from broadsheet.needs.pseudonyms import author_key

    if name not in EXTRACTORS:
        raise ConfigError(f"There is no extractor {name!r}.{did_you_mean(name, EXTRACTORS)}", f"Extractors are: {', '.join(EXTRACTORS)}.")
    if name == "llm" and asked.llm is None:
        raise ConfigError(
            "The extractor llm asks a language model, and none is named.", "Name one: --llm openai:MODEL@URL, smollm2, replay:FILE or scripted:FILE."
        )
    if name == "llm" and labeller not in {"minilm", "llm"}:
        raise ConfigError(f"The extractor llm asks of whole posts: there is nothing for --labeller {labeller} to do.", "Leave one of the two out.")
    client = asked.client()
    if name == "llm" and client is not None:
        return AskedExtractor(taxonomy, client, author_key(), floor=floor, progress=progress)
    # Not before: what it brings takes longer to import than a small run takes.
    from broadsheet.stack.needed import level_labeller

    return Extractor(taxonomy, level_labeller(labeller, taxonomy, client, below, progress), author_key(), floor)


def unanswered(manifest: "Manifest") -> Iterator[str]:
    """Yield, in lines, what got no answer."""
    counts = manifest.metrics
    what = "posts" if "made_up" in counts else "sentences"
    for name in sorted(counts):
        if name.startswith("unlabelled "):
            yield f"{counts[name]:,.0f} {what} got no answer: {name.removeprefix('unlabelled ')}. Run it again, and only these are asked."


def summed(manifest: "Manifest") -> str:
    """Return what a run came to, in one line."""
    n = {name: f"{count:,.0f}" for name, count in manifest.metrics.items()}
    made_up = (
        f", {n['made_up']} of all {n['said']} statements ({manifest.metrics['made_up_share']:.1%}) for words that are not in the post" if "made_up" in n else ""
    )
    return (
        f"{n['mentions']} needs in {n['posts']} posts, {n['rejected']} rejected{made_up}; {n['facts']} facts, {n['ratings']} ratings, {n['claims']} claims of an order; "
        f"{n['replaced']} personal data replaced. By {manifest.models['extractor']}."
    )
