"""TeX in titles and abstracts: every word kept, every page safe, formulas as MathML."""

import gzip
import json
import re
import unicodedata
from collections import Counter
from unicodedata import normalize
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import escape

from broadsheet.report.render.mathml import mathml
from broadsheet.report.render.maths import plain_tex, render_tex

MATHML = "{http://www.w3.org/1998/Math/MathML}"
INLINE = {"div", "em", "strong", "code", "span", "sup", "sub", "a", "br", "mark"}
ALPHABET = "${}\\_^<>&\"'ab 1|~%"


def parsed(html):
    return ET.fromstring(f"<div>{html!s}</div>")


def source_of(html):
    """Recover the words of the source: a formula from its annotation, a link from its address."""

    def walk(element):
        if element.tag == f"{MATHML}math":
            yield f"${element.findtext(f'.//{MATHML}annotation')}$"
        else:
            yield element.text or ""
            for child in element:
                yield from walk(child)
                yield child.tail or ""
            yield {"a": f" {element.get('href')} ", "br": "\n"}.get(element.tag, "")

    return "".join(walk(parsed(html)))


# What stands in the source and is meant to be read as something else, or not at all.
RESOLVED = (
    (r"\\romannumeral\d", " "),
    (r"\\unicode\{x20\d\d\}", " "),
    (r"\\textcolor\{\w+\}", " "),
    (r"\\(?:r\{ho|b\{eta|k\{appa)\}", " "),
    (r"\\href\{([^{}]*)\}\{\1\}", r"\1"),
    (r"\\(?:footnote|cite[pt]?|ref)\b", " "),
    (r"\\(?:[A-Za-z]+|[`'^~=\"])", ""),
    (r"\}\{", " "),
    (r"[{}]", ""),
)


def without_accents(text):
    return text if text.isascii() else "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def words(text):
    letters = without_accents(text)
    for pattern, replacement in RESOLVED:
        letters = re.sub(pattern, replacement, letters)
    return Counter(re.findall(r"[^\W_]+", letters))


def lost(text, html):
    """Words of the source that the HTML lacks; a symbol that only the HTML has parts words there."""
    shown = without_accents(source_of(html))
    resolved = {char for char in set(shown) - set(without_accents(text)) if not char.isascii()}
    return words(text) - words(shown.translate({ord(char): " " for char in resolved}))


def assert_safe(html):
    """Well-formed, of known elements only, without a script, a handler or anything to fetch."""
    for element in parsed(html).iter():
        assert element.tag in INLINE or element.tag.startswith(MATHML), element.tag
        for name, value in element.attrib.items():
            assert name not in ("src", "style", "id", "xlink:href")
            assert not name.startswith("on")
            assert name != "href" or (element.tag == "a" and re.match("https?://", value, re.IGNORECASE)), value
    assert "<script" not in html


@pytest.fixture(scope="session")
def texts(data):
    files = sorted((data / "arxiv" / "daily").glob("*.jsonl.gz"))
    papers = [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    return [paper[field] for paper in papers for field in ("title", "abstract")]


def test_no_paper_loses_a_word(texts):
    formulas = Counter()
    for text in texts:
        html = render_tex(text)
        assert_safe(html)
        assert not lost(text, html), text
        formulas.update(re.findall(r'<math|<code class="tex">\$', html))
    assert formulas["<math"] > 0.99 * formulas.total() > 0


def test_no_paper_loses_a_word_in_plain_text(texts):
    for text in texts:
        assert not lost(text, escape(plain_tex(text))), text


def test_the_oracle_sees_what_is_lost():
    text = r"A M\"obius \textbf{s}trip of $O(n)$ at \href{https://x.org}{home}"
    html = render_tex(text)
    assert not lost(text, html)
    assert lost(text, html.replace("trip", "")) == Counter(["strip"])
    assert lost(text, "") == words(text)


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        (r"M\"obius, Andr\'e, \v{S}koda, na\"{\i}ve, \c{c}, \v S, \L ukasz, Stra\ss{}e", "Möbius, André, Škoda, naïve, ç, Š, Łukasz, Straße"),
        (r"5\% of R\&D, a\_b, \#1, \{x\}, \$200", "5% of R&D, a_b, #1, {x}, $200"),
        ("``one'' -- two --- three", "“one” – two — three"),
        (r"\ldots{} 1\textendash 2 \LaTeX{} and \TeX", "… 1–2 LaTeX and TeX"),
        (r"Table~3, about ~30%, 90%~93%, (~5 min)", "Table\u00a03, about ~30%, 90%~93%, (~5 min)"),
        (r"\cite and \today", r"\cite and \today"),
        (r"vs.\ ours, over 30\. A new", "vs. ours, over 30. A new"),
        (r"{S}ignal of 10{,}000 {Big Models}, HR@{1,3,5}, 10^{-23}", "Signal of 10,000 Big Models, HR@{1,3,5}, 10^{-23}"),
        (r"drops 100% of % signs", "drops 100% of % signs"),
        (r"as in~\cite{gat} and \citep[p. 5]{x}", "as in\u00a0[gat] and [p. 5, x]"),
        (r"code\footnote{this https URL}.", "code (this https URL)."),
        (r"correlation (\r{ho} > 0.7, \k{appa}, {\alpha}, \mu)", "correlation (ρ > 0.7, κ, α, μ)"),
        (r"cues$\unicode{x2013}$such", "cues–such"),
        (r"(\romannumeral1) and (\romannumeral2)", "(i) and (ii)"),
        (r"\textcolor{red}{Warning}: \say{orphan} \ce{PbSO4}", "Warning: “orphan” PbSO4"),
        (r"our \model{} and \sys beat \new{it}", r"our \model and \sys beat \new{it}"),
        (r"\href{this https URL}{here}, \href{this https URL}{this https URL}", "here (this https URL), this https URL"),
        (r"\href{https://x.org}{here}, \url{https://x.org/a\_b}", "here (https://x.org), https://x.org/a_b"),
        ("a line\nwrapped\r\nthrice\n", "a line wrapped thrice"),
        ("one\n \nother", "one\n\nother"),
        (r"$O(n\log n)$ of \(x\)", r"$O(n\log n)$ of \(x\)"),
    ],
)
def test_plain_text_reads_as_unicode(tex, said):
    assert plain_tex(tex) == said


@pytest.mark.parametrize(
    ("tex", "html"),
    [
        (r"\emph{a} \textit{b} \textbf{c} \texttt{--d}", "<em>a</em> <em>b</em> <strong>c</strong> <code>--d</code>"),
        (r"\textsc{e} \underline{\textbf{f}}", '<span class="small-caps">e</span> <span class="underline"><strong>f</strong></span>'),
        (r"{\bf Hy}brid {\em while} on", "<strong>Hy</strong>brid <em>while</em> on"),
        ("<think> & \"x\" 'y'", "&lt;think&gt; &amp; &#34;x&#34; &#39;y&#39;"),
        (r"\framework{} and \foo{a}", '<code class="tex">\\framework</code> and <code class="tex">\\foo{a}</code>'),
        ("one\n\nother", "one<br/><br/>other"),
        ("at https://x.org/a_(b).", 'at <a href="https://x.org/a_(b)" rel="noopener noreferrer">https://x.org/a_(b)</a>.'),
        (r"\href{http://x.org/?a=1&b=2}{p}", '<a href="http://x.org/?a=1&amp;b=2" rel="noopener noreferrer">p</a>'),
        (r"\href{javascript:alert(1)}{x}", "x (javascript:alert(1))"),
        (r"\url{ftp://x.org}", "ftp://x.org"),
        (r"$\method$", '<code class="tex">$\\method$</code>'),
    ],
)
def test_text_becomes_inline_html(tex, html):
    assert render_tex(tex) == html


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $10",
        "from $5-$10 to $0.0011-$0.12",
        "made $5 million in revenue, and a$ later",
        r"cost \$5 to \$6",
        "a lone $ and another $ here",
        "under $50 in compute",
        "pays $x\n\ny$",
        "US$5 or A$6",
        "in $$ and $$$ signs",
    ],
)
def test_money_is_not_maths(text):
    assert "<math" not in render_tex(text)
    assert plain_tex(text).replace("\n\n", "") == text.replace(r"\$", "$").replace("\n\n", "")


@pytest.mark.parametrize(
    ("tex", "display"),
    [
        ("$x$", "inline"),
        ("$$ x $$", "block"),
        (r"\(x\)", "inline"),
        (r"\[x\]", "block"),
        (r"about $\leq$14%", "inline"),
        ("above $>$0.7", "inline"),
        ("$5 for $O(n log n)$", "inline"),
        (r"$\mathbf{62.5\%}$", "inline"),
        ("$40%$", "inline"),
        (r"${m\choose k}$", "inline"),
        (r"$p(x \mid y) \text{ for all cats in the house}$", "inline"),
    ],
)
def test_formulas_become_mathml_that_keeps_its_tex(tex, display):
    (formula,) = parsed(render_tex(tex)).iter(f"{MATHML}math")
    (annotation,) = formula.iter(f"{MATHML}annotation")
    assert formula.get("display") == display
    assert formula.get("alttext") == annotation.text
    assert annotation.get("encoding") == "application/x-tex"
    assert annotation.text in tex


def test_browsers_that_know_no_bold_variant_get_bold_digits():
    assert "<mn>𝟔𝟐.𝟓</mn><mi>%</mi>" in mathml(r"\mathbf{62.5\%}")


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<img onerror=1>}",
        r"\text{&lt;script&gt;}",
        "</math><script>alert(1)</script>",
        r"\href{javascript:alert(1)}{x}",
        r"x\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\class{x}{y}",
        r"\color{red}{x}",
        r"\unicode{x1} \unicode{xD800} \unicode{x3c}",
        r"\def\a{\b\b}\a",
        r"\newcommand{\a}{x}\a",
        r"\rule{9999em}{9999em}",
        r"\kern 5000em x",
        r"\mbox{<b onload=x>}",
        r"\operatorname{<b>}",
    ],
)
def test_formulas_cannot_harm_the_page(tex):
    html = render_tex(f"before $ {tex}$ ${tex}$ \\({tex}\\) after")
    assert_safe(html)
    assert " style=" not in html
    assert not {"before", "after"} - set(words(source_of(html)))


@given(st.text(ALPHABET, max_size=120), st.lists(st.tuples(st.integers(-5, 130), st.integers(-5, 130)), max_size=4))
@example("$</math><script>$", [(3, 5)])
@example("\\href{javascript:alert(1)}{x}", [(0, 3)])
@example("{${}$}", [])
@example("\\'a", [])
def test_any_text_is_read(text, marks):
    plain = render_tex(text)
    assert_safe(plain)
    marked = render_tex(text, marks)
    assert_safe(marked)
    assert re.sub("</?mark>", "", source_of(marked)).split() == source_of(plain).split()
    # A letter may have been given an accent.
    for read in (source_of(plain), plain_tex(text)):
        assert set("ab1") & set(text) <= set(normalize("NFD", read))


@given(st.text(max_size=60))
@example("\x00\x0b\ud800\uffff")
def test_any_character_is_read(text):
    parsed(render_tex(text)), parsed(render_tex(text).__html__())
    assert not re.search("[\x00-\x08\ud800-\udfff]", plain_tex(text))


@given(st.text("abc <&", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_a_mark_covers_its_range(text, start, end):
    marked = "".join(mark.text for mark in parsed(render_tex(text, [(start, end)])).iter("mark"))
    assert marked == text[start:end]


@pytest.mark.parametrize(
    ("tex", "marked", "html"),
    [
        (r"We \emph{win. They} lose.", "We \\emph{win.", "<mark>We <em>win.</em></mark><em> They</em> lose."),
        (r"A \emph{b c} d", "b c} d", "A <em><mark>b c</mark></em><mark> d</mark>"),
        (r"A \emph{b} d. E", r"A \emph{b} d.", "<mark>A <em>b</em> d.</mark> E"),
        (r"M\"obius", '"ob', "M<mark>öb</mark>ius"),
    ],
)
def test_marks_close_and_reopen_around_elements(tex, marked, html):
    start = tex.index(marked)
    shown = render_tex(tex, [(start, start + len(marked))])
    assert source_of(shown) == source_of(html)
    spans = [["".join(mark.itertext()) for mark in parsed(page).iter("mark")] for page in (shown, html)]
    assert "".join(spans[0]) == "".join(spans[1])


def test_a_mark_takes_in_the_whole_of_a_formula():
    html = render_tex("of $x + y$ and", [(6, 12)])
    mark = parsed(html).find("mark")
    assert mark[0].tag == f"{MATHML}math"
    assert mark[0].tail == " a"
    assert html.startswith("of <mark><math")


UNITS = ("$", "$$", "$x", "{", "{}", "}", "\\", r"\(", r"\emph{", r"\foo{", r"{\bf ", r"\href{a}{", r"\url{", r"\"{", "https://", " \n", "\\(a\n\n", "~", "``")


@pytest.mark.parametrize("unit", UNITS)
def test_a_hostile_text_gives_a_page_in_proportion(unit):
    for text in (unit * (10_000 // len(unit)), unit * (5_000 // len(unit)) + "x" + "}" * 5_000):
        html = render_tex(text, [(3, 3_000)])
        parsed(html)
        assert len(html) < 50 * len(text)


@pytest.mark.parametrize("tex", ["{" * 900 + "x" + "}" * 900, r"\sqrt" * 390, "x^" * 999, r"\left(" * 300, "x" * 3_000, r"\frac{1}" * 200])
def test_a_formula_too_deep_or_too_long_is_shown_as_source(tex):
    assert render_tex(f"${tex}$") == f'<code class="tex">${tex}$</code>'


def test_a_hundred_thousand_dollars_stay_text():
    assert render_tex("$" * 100_000) == plain_tex("$" * 100_000) == "$" * 100_000


def test_a_formula_is_converted_once():
    from broadsheet.report.render.mathml import _converted

    _converted.cache_clear()
    for _ in range(3):
        render_tex("$q_{17}$ and $q_{17}$")
    assert (_converted.cache_info().misses, _converted.cache_info().hits) == (1, 5)
