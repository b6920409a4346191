"""An assessment in lines for a terminal."""

from collections.abc import Iterator

from broadsheet.needs.agree.agreement import Figure, SpanAgreement
from broadsheet.needs.agree.assess import Assessment, Labeller


def lines(found: Assessment) -> Iterator[str]:
    """Yield who labelled how many posts, how far they agree, how a labeller does by people, and what should be known of it."""
    labelled = ", ".join(f"{name} {count:,}" for name, count in found.labels.items())
    yield f"{found.posts:,} posts labelled: {labelled}. {found.unlabelled:,} rows not filled in."
    for one in found.alpha:
        yield f"Krippendorff's alpha, {one.group}: nominal {_figure(one.nominal)}; ordinal, without none, {_figure(one.ordinal)}."
    for pair in found.kappa:
        told = f"kappa {_number(pair.kappa)} over {pair.posts:,} posts; quadratic, without none, {_number(pair.quadratic)} over {pair.ordered_posts:,}"
        yield f"{pair.first}, {pair.second} ({pair.kind}): {told}."
    yield from (_spans(one) for one in found.spans)
    if found.reference:
        by = ", ".join(f"{name} {value:.2f}" for name, value in (found.reference.accuracy or {}).items())
        yield f"Reference: {found.reference.rule} of people over {found.reference.posts:,} posts, {found.reference.tied:,} tied{'; right: ' + by if by else ''}."
    if found.labeller:
        yield from _labeller(found.labeller)
    yield from (f"Note: {note}" for note in found.notes)


def _labeller(found: Labeller) -> Iterator[str]:
    kappa = found.kappa
    yield f"{found.name} by people: accuracy {_figure(found.accuracy)}; kappa {_number(kappa.kappa)}; quadratic, without none, {_number(kappa.quadratic)}."
    if found.spans:
        yield _spans(found.spans)
    widest = max(map(len, found.labels))
    yield f"Confusion; rows are what people say, columns the labeller in the same order.\n{'':{widest}}  " + " ".join(
        f"{n:>6}" for n in range(1, len(found.labels) + 1)
    )
    for name, row in zip(found.labels, found.confusion, strict=True):
        yield f"{name:>{widest}}  " + " ".join(f"{value:6.1f}" for value in row)
    yield f"{'Share of posts':>{widest}}  {'naive':22}  {'people alone':22}  {'corrected':22}  prediction-powered"
    for one in found.prevalence:
        yield f"{one.level:>{widest}}  " + "  ".join(f"{_share(way):22}" for way in (one.naive, one.people, one.corrected, one.prediction_powered)).rstrip()
    if found.left_out:
        yield "Left out of the labeller's mentions: " + ", ".join(f"{reason} {count:,}" for reason, count in found.left_out.items()) + "."


def _spans(one: SpanAgreement) -> str:
    exact = f"exact P {one.exact_precision:.2f} R {one.exact_recall:.2f} F1 {_figure(one.exact_f1)}"
    common = f"characters P {one.characters_precision:.2f} R {one.characters_recall:.2f} F1 {_figure(one.characters_f1)}"
    return f"Words of {one.second} by those of {one.first} ({one.kind}), {one.posts:,} posts: {exact}; {common}."


def _figure(one: Figure) -> str:
    within = "" if one.low is None or one.high is None else f" ({one.low:.2f} to {one.high:.2f})"
    return f"{_number(one.value)}{within} over {one.units:,}"


def _share(one: Figure) -> str:
    return f"{one.value:.3f} ({one.low:.2f} to {one.high:.2f})"


def _number(value: float | None) -> str:
    return "untold" if value is None else f"{value:.3f}"
