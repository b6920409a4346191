"""Turns the LaTeX-ish text of titles and abstracts into safe inline HTML, or plain text."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from broadsheet.report.render.mathml import mathml
from broadsheet.report.render.tex_pieces import Element, Kind, Piece
from broadsheet.report.render.tex_text import read_tex

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
