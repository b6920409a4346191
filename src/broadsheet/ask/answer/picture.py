"""The part of a graph that an answer rests on, drawn as SVG: it stands alone, follows the reader's light or dark, and holds no script."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup

from broadsheet.ask.answer.cited import Citation
from broadsheet.ask.answer.layout import placed
from broadsheet.ask.answer.values import cut, node_name, shown
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, NodeId
from broadsheet.ask.schema import UNNAMED, Naming

# What is drawn at most; what is left out is told below the picture.
NODES, EDGES = 40, 80
# Sizes in CSS pixels, and code points of a name that are shown.
WIDTH, MARGIN, RADIUS, HEAD, LEGEND, NAME = 920.0, 24.0, 17.0, 8.0, 34.0, 20
# Parts of the way from one end of a relation to the other at which its type may stand.
ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
# How far beside the line it may stand, and half the width of a code point of a name and of a type, in CSS pixels.
BESIDE, NAME_HALF, TYPE_HALF = (0.0, 11.0, -11.0), 3.7, 3.2
# A colour for each label, by lightness apart for those who see no hues; labels beyond them share the last.
COLOURS = ("#2f6db3", "#c8571b", "#2e8b57", "#8a4fa3", "#b8860b", "#a63a50", "#3d7f8c", "#6b7280")
STYLE = Markup(
    "svg{--ink:#1d2330;--soft:#5b6472;--line:#8a93a3;--page:#ffffff;font:13px/1.2 system-ui,'Segoe UI',Roboto,sans-serif;background:var(--page)}"
    "@media (prefers-color-scheme:dark){svg{--ink:#e8ebf1;--soft:#aeb6c4;--line:#7d8797;--page:#171a21}}"
    "text{fill:var(--ink)}.edge{fill:none;stroke:var(--line);stroke-width:1.6}.head{fill:var(--line)}.node{stroke:var(--page);stroke-width:2}"
    ".letter{fill:#fff;font-weight:600;text-anchor:middle}.name{text-anchor:middle}.type{font-size:10.5px;text-anchor:middle;fill:var(--soft)}"
    ".name,.type{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}.note{fill:var(--soft)}"
)


def drawn(citations: Iterable[Citation], *, schema: bool = False, naming: Naming = UNNAMED) -> str:
    """Return the SVG of what rows cite. Nodes have the colour and the letter of their label, relations their type; at most 40 nodes and 80 relations are drawn.

    Of a `schema` each node stands for its label, and none are counted.
    """
    nodes, edges = _cited(citations)
    kept = dict(list(nodes.items())[:NODES])
    names = {id_: node_name(node, naming) for id_, node in kept.items()}
    seen = [edge for edge in edges.values() if edge.start in kept and edge.end in kept]
    shown_edges = seen[:EDGES]
    number = {id_: place for place, id_ in enumerate(kept)}
    layout = placed(len(kept), [(number[edge.start], number[edge.end]) for edge in shown_edges], WIDTH - 2 * MARGIN)
    wide = max(layout.width, 320.0) + 2 * MARGIN
    shift = MARGIN + (wide - 2 * MARGIN - layout.width) / 2
    places = {id_: (layout.places[place][0] + shift, layout.places[place][1] + LEGEND + MARGIN) for id_, place in number.items()}
    labels = {label: (COLOURS[min(place, len(COLOURS) - 1)], letter) for place, (label, letter) in enumerate(_letters(kept))}
    legend, tall = _legend(labels, Counter() if schema else Counter(id_.label for id_ in kept), wide)
    notes = _left_out(len(nodes) - len(kept), len(edges) - len(shown_edges))
    height = layout.height + LEGEND + 2 * MARGIN + tall + (22 if notes else 0)
    places = {id_: (x, y + tall) for id_, (x, y) in places.items()}
    parts = [*_edges(shown_edges, places, names), *(_node(node, names[id_], places[id_], labels[id_.label]) for id_, node in kept.items())]
    note = Markup('<text class="note" x="{:g}" y="{:g}">{}</text>').format(MARGIN, height - MARGIN / 2, notes) if notes else Markup("")
    title = f"{len(kept)} {'label' if schema else 'node'}{'' if len(kept) == 1 else 's'} and {len(shown_edges)} relation{'' if len(shown_edges) == 1 else 's'}"
    title += " between them" if schema else " that the answer rests on"
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:g} {h:g}" width="{w:g}" height="{h:g}" role="img" aria-labelledby="title words">'
            '<title id="title">{title}</title><desc id="words">{words}</desc><style>{style}</style>{legend}{parts}{note}</svg>'
        ).format(
            w=round(wide, 1), h=round(height, 1), title=title, words=_words(shown_edges, names), style=STYLE, legend=legend,
            parts=Markup("").join(parts), note=note,
        )
    )  # fmt: skip


def _cited(citations: Iterable[Citation]) -> tuple[dict[NodeId, GraphNode], dict[EdgeId, GraphEdge]]:
    """Return nodes and relations, each once; ends of relations that are not cited themselves stand as nodes without properties."""
    nodes: dict[NodeId, GraphNode] = {}
    edges: dict[EdgeId, GraphEdge] = {}
    for one in citations:
        nodes |= {node.id: node for node in one.nodes if node.id not in nodes}
        edges |= {edge.id: edge for edge in one.edges}
    for edge in edges.values():
        for end in (edge.start, edge.end):
            nodes.setdefault(end, GraphNode(end, {}))
    return nodes, edges


def _letters(nodes: Iterable[NodeId]) -> list[tuple[str, str]]:
    """Return each label with a letter, or two where a letter is taken."""
    taken: dict[str, str] = {}
    for label in sorted({one.label for one in nodes}):
        letter = next((text for text in (label[:1].upper(), label[:2].capitalize(), label[:3].capitalize()) if text not in taken.values()), label[:3])
        taken[label] = letter
    return list(taken.items())


def _legend(labels: dict[str, tuple[str, str]], counts: Counter[str], wide: float) -> tuple[Markup, float]:
    """Draw the legend in as many lines as it takes; return it, and how much higher than one line it is."""
    said, left, line = [], MARGIN, 0
    for label, (colour, letter) in labels.items():
        text = cut(label, NAME) + (f" ({counts[label]})" if counts else "")
        room = 40 + 7.4 * len(text)
        if left > MARGIN and left + room > wide - MARGIN:
            left, line = MARGIN, line + 1
        y = MARGIN + 26 * line
        said.append(
            Markup(
                '<circle cx="{x:g}" cy="{y:g}" r="10" fill="{colour}"/><text class="letter" style="font-size:10px" x="{x:g}" y="{ty:g}">{letter}</text>'
                '<text x="{tx:g}" y="{ty2:g}">{text}</text>'
            ).format(x=left + 10, y=y, ty=y + 3.6, ty2=y + 4.5, tx=left + 27, colour=colour, letter=letter, text=text)
        )
        left += room
    return Markup("").join(said), 26.0 * line


def _node(node: GraphNode, name: str, place: tuple[float, float], mark: tuple[str, str]) -> Markup:
    x, y = place
    held = "; ".join(f"{key}: {shown(value)}" for key, value in node.properties.items())
    return Markup(
        '<g><title>{label} {name}{held}</title><circle class="node" cx="{x:g}" cy="{y:g}" r="{r:g}" fill="{colour}"/>'
        '<text class="letter" x="{x:g}" y="{ty:g}">{letter}</text><text class="name" x="{x:g}" y="{ny:g}">{short}</text></g>'
    ).format(
        label=node.id.label, name=name, held=f" ({held})" if held else "", x=x, y=y, r=RADIUS, colour=mark[0], letter=mark[1], ty=y + 4.5,
        ny=y + RADIUS + 15, short=cut(name, NAME),
    )  # fmt: skip


def _edges(edges: list[GraphEdge], places: dict[NodeId, tuple[float, float]], names: dict[NodeId, str]) -> list[Markup]:
    """Draw relations; those between the same two nodes bend away from each other. Types are drawn last, so that no line strikes them through."""
    between: dict[frozenset[NodeId], list[GraphEdge]] = defaultdict(list)
    for edge in edges:
        between[frozenset((edge.start, edge.end))].append(edge)
    # Boxes that are taken: what is told of a relation stands on it where it covers none, nearest to its middle.
    taken = [_Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in places.values()]
    for id_, (x, y) in places.items():
        half = NAME_HALF * len(cut(names[id_], NAME))
        taken.append(_Box(x - half, y + RADIUS, x + half, y + RADIUS + 20))
    lines, types = [], []
    for same in between.values():
        for place, edge in enumerate(same):
            bend = 0.0 if len(same) == 1 else 34.0 * (place - (len(same) - 1) / 2)
            line, ways = _loop(edge, places, place) if edge.start == edge.end else _line(edge, places, bend, same[0].start)
            lines.append(line)
            types.append(_type(edge, ways, taken))
    return [*lines, *types]


class _Box(NamedTuple):
    """Left, top, right and bottom of what is drawn."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: "_Box") -> float:
        """Return the area that two boxes share."""
        wide, high = min(self.right, other.right) - max(self.left, other.left), min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(high, 0.0)


Point = tuple[float, float]
Drawn = tuple[Markup, list[Point]]


def _line(edge: GraphEdge, places: dict[NodeId, Point], bend: float, first: NodeId) -> Drawn:
    """Draw a relation as a curve, and return places along it at which its type may stand, the middle first."""
    (x1, y1), (x2, y2) = places[edge.start], places[edge.end]
    far = max(math.hypot(x2 - x1, y2 - y1), 1.0)
    # Seen from the same end whichever way a relation goes, so that two opposite ones do not fall together.
    side = 1.0 if edge.start == first else -1.0
    mid = ((x1 + x2) / 2 - (y2 - y1) / far * side * bend * 2, (y1 + y2) / 2 + (x2 - x1) / far * side * bend * 2)
    start, end = _towards((x1, y1), mid, RADIUS + 1), _towards((x2, y2), mid, RADIUS + HEAD + 1)
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{mid[0]:.1f} {mid[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    ways = [((1 - t) ** 2 * x1 + 2 * t * (1 - t) * mid[0] + t * t * x2, (1 - t) ** 2 * y1 + 2 * t * (1 - t) * mid[1] + t * t * y2) for t in ALONG]
    ways = [(x - (y2 - y1) / far * beside, y + (x2 - x1) / far * beside) for beside in BESIDE for x, y in ways]
    return _shaft(edge, path, _head(end, _towards((x2, y2), mid, RADIUS + 1))), ways


def _loop(edge: GraphEdge, places: dict[NodeId, Point], place: int) -> Drawn:
    x, y = places[edge.start]
    wide, high = 30.0 + 8 * place, 46.0 + 12 * place
    start, end = (x - RADIUS * 0.6, y - RADIUS * 0.8), (x + RADIUS * 0.75 + 4, y - RADIUS * 0.75 - 6)
    path = f"M{start[0]:.1f} {start[1]:.1f}C{x - wide:.1f} {y - high:.1f} {x + wide:.1f} {y - high:.1f} {end[0]:.1f} {end[1]:.1f}"
    return _shaft(edge, path, _head(end, (x + RADIUS * 0.7, y - RADIUS * 0.7))), [(x, y - high * 0.8)]


def _towards(start: tuple[float, float], end: tuple[float, float], length: float) -> tuple[float, float]:
    far = max(math.hypot(end[0] - start[0], end[1] - start[1]), 1e-6)
    return start[0] + (end[0] - start[0]) * length / far, start[1] + (end[1] - start[1]) * length / far


def _head(base: tuple[float, float], tip: tuple[float, float]) -> str:
    dx, dy = tip[0] - base[0], tip[1] - base[1]
    return f"M{tip[0]:.1f} {tip[1]:.1f}L{base[0] - dy / 2:.1f} {base[1] + dx / 2:.1f}L{base[0] + dy / 2:.1f} {base[1] - dx / 2:.1f}z"


def _shaft(edge: GraphEdge, path: str, head: str) -> Markup:
    held = "; ".join(f"{key}: {shown(value)}" for key, value in edge.properties.items())
    title = f"{edge.id.type}{f' ({held})' if held else ''}"
    return Markup('<g><title>{}</title><path class="edge" d="{}"/><path class="head" d="{}"/></g>').format(title, path, head)


def _type(edge: GraphEdge, ways: list[Point], taken: list[_Box]) -> Markup:
    text = cut(edge.id.type, NAME)
    half = TYPE_HALF * len(text)
    boxes = [(_Box(x - half, y - 7, x + half, y + 7), x, y) for x, y in ways]
    box, x, y = min(boxes, key=lambda one: round(sum(one[0].covers(other) for other in taken)))
    taken.append(box)
    return Markup('<text class="type" x="{:.1f}" y="{:.1f}">{}</text>').format(x, y + 3.5, text)


def _left_out(nodes: int, edges: int) -> str:
    parts = [f"{count:,} {what}{'' if count == 1 else 's'}" for count, what in ((nodes, "node"), (edges, "relation")) if count]
    return f"Not drawn: {' and '.join(parts)}." if parts else ""


def _words(edges: list[GraphEdge], names: dict[NodeId, str]) -> str:
    lines = [f"{names[edge.start]} {edge.id.type} {names[edge.end]}" for edge in edges]
    joined = {end for edge in edges for end in (edge.start, edge.end)}
    return "; ".join([*lines, *(name for id_, name in names.items() if id_ not in joined)])
