"""Counts that are reckoned with: the average number of authors of a paper, authors of only one paper, how long a text is."""

from collections.abc import Sequence
from dataclasses import replace

from broadsheet.ask.cypher.nodes import within
from broadsheet.ask.link.english import is_empty
from broadsheet.ask.question.facts import Aggregate, Facts
from broadsheet.ask.slots.anchors import Anchor
from broadsheet.ask.slots.sketch import Asked, Because, Having, Link, Ranked, Sketch

OVER = frozenset(("avg", "max", "min", "sum"))
# Words before what is counted for each of it, and words before an exact number of something.
EACH = frozenset("a an each per every one any the".split())
HAVING = frozenset("with has have had having by wrote write written only exactly precisely just in".split())
ONLY = frozenset("only exactly precisely just".split())
SIZES = {"longest": True, "shortest": False}
BACK = {"right": "left", "left": "right", "either": "either"}


class Tallies:
    """Reads the counts of one question."""

    def __init__(self, facts: Facts, found: Sequence[Anchor]) -> None:
        self._facts, self._anchors = facts, found

    def over(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Return a sketch with a function over what is counted for each of another thing, those that have none among them."""
        told = self._over()
        if told is None or sketch.ranked is not None or not any(one.function == "count" for one in sketch.asked):
            return sketch, 0.0
        counted = sketch.asked[0].node
        each = next((one.node for one in sketch.groups if one.node != counted), self._each(sketch, counted))
        if each < 0:
            return sketch, 0.0
        because = Because(told.place, told.words, f"{told.which} of how many")
        if len(sketch.spots) == len((each, counted)) and len(sketch.links) == 1:
            link = sketch.links[0]
            towards = link.towards if link.start == each else BACK[link.towards]
            sketch = replace(sketch, spots=(sketch.spots[each], sketch.spots[counted]), links=(Link(0, 1, link.type, towards, "optional"),))  # pyrefly: ignore
            each, counted = 0, 1
        asked = (Asked(counted, function="count"),)
        return replace(sketch, asked=asked, groups=(Asked(each),), over=told.which, why=(*sketch.why, because)), 0.5

    def _over(self) -> Aggregate | None:
        """Return the function that is reckoned over a count, where both are asked for."""
        counts = [one for one in self._facts.aggregates if one.which == "count"]
        return next((one for one in self._facts.aggregates if one.which in OVER and counts and one.place != counts[0].place), None)

    def _each(self, sketch: Sketch, counted: int) -> int:
        """Return the node for each of which is counted: `of a paper`, `each author`."""
        for number, spot in enumerate(sketch.spots):
            if number != counted and spot.named and spot.at > 0 and not spot.conditions and self._facts.tokens[spot.at - 1].low in EACH:
                return number
        return -1

    def exact(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Return a sketch in which there are just so many of a node as the question says: `only one paper`, `with 3 authors`."""
        if sketch.having is not None:
            return sketch, 0.0
        for value in self._facts.values:
            compared = any(one.value is not None and one.value.place == value.place for one in self._facts.comparisons)
            before = self._facts.tokens[value.first - 1].low if value.first else ""
            # The 50 of "50 g" is a part of a value.
            compared = compared or any(one.is_value and within(value.place, one.place) for one in self._anchors)
            if value.kind != "number" or compared or before not in HAVING or (value.soft and before not in ONLY):
                continue
            node = next((number for number, spot in enumerate(sketch.spots) if number and 0 <= spot.at - value.last <= 1 and not spot.conditions), -1)
            if node > 0 and sketch.spots[node].named:
                because = Because(value.place, value.text, f"= {value.text}")
                return replace(sketch, having=Having(node, "=", int(float(value.value))), limit=None, why=(*sketch.why, because)), 0.5
        return sketch, 0.0

    def sized(self, sketch: Sketch, texts: Sequence[tuple[int, str]]) -> tuple[Sketch, float]:
        """Return a sketch sorted by how long a text is, for `the longest title`; `texts` are nodes and their properties that are text."""
        for one in self._facts.superlatives:
            anchor = next((each for each in self._anchors if one.place.end < each.place.start and self._near(one.place.end, each.place.start)), None)
            # The longest game is no long name of one.
            named = anchor is not None and any(each.kind == "label" for each in anchor.options)
            for option in anchor.options if anchor is not None and not named and one.words.lower() in SIZES and sketch.ranked is None else ():
                node = next((number for number, key in texts if option.kind == "property" and key == option.property), -1)
                if node < 0:
                    continue
                how = self._facts.tokens[0].low == "how"
                before = self._facts.tokens[max(0, anchor.first - 3) : anchor.first - 1] if anchor is not None else ()
                if any(each.low in HAVING for each in before) and sketch.spots[node].named:
                    # What has the longest title is asked for, and not its title.
                    sketch = replace(sketch, asked=(Asked(node),))
                mine = not sketch.asked or all(each.node == node and each.property == option.property for each in sketch.asked)
                asked = (Asked(node, option.property, "size" if how else ""),) if mine else sketch.asked
                ranked = Ranked(node, option.property, SIZES[one.words.lower()], sized=True)
                because = Because(one.place, one.words, f"sorted by size({option.property})")
                return replace(sketch, asked=asked, ranked=ranked, limit=next((each.count for each in self._facts.limits), 1), why=(*sketch.why, because)), 0.8
        return sketch, 0.0

    def _near(self, start: int, end: int) -> bool:
        return all(is_empty(one.low) for one in self._facts.tokens if start <= one.place.start < end)
