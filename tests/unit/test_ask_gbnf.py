"""The grammar as text: what a reader of GBNF draws from it parses, and has no finding of names, directions or types."""

import re

import numpy as np
import pytest

from broadsheet.ask.bench.odd import odd_schema
from broadsheet.ask.check.checker import check
from broadsheet.ask.check.findings import Code
from broadsheet.ask.decode.automaton import Automaton
from broadsheet.ask.decode.gbnf import gbnf
from broadsheet.ask.decode.given import Given
from broadsheet.ask.schema_files import schema_of

PORT = schema_of(
    {
        "labels": {"Ship": {"name": "STRING", "built": "INTEGER", "tons": "FLOAT", "sails": "BOOLEAN"}, "Port": {"name": "STRING", "opened": "DATE"}},
        "relationships": [["Ship", "CALLS_AT", "Port"], ["Ship", "TOWS", "Ship"]],
    },
    "port",
)
GIVEN = Given(('said "no"', "a\\b", "2001-02-03"))
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\[[^\]]*\]|[\w-]+|[()|?*]')
KEPT = {Code.CONTRADICTION, Code.TAUTOLOGY, Code.OUT_OF_DOMAIN}


class Grammar:
    """A reader of the part of GBNF that is written here; it draws texts."""

    def __init__(self, text):
        self.rules = {}
        for line in text.splitlines():
            name, _, right = line.partition(" ::= ")
            assert name not in self.rules
            self.rules[name], rest = self.ways(TOKEN.findall(right))
            assert not rest

    def ways(self, tokens):
        ways = [[]]
        while tokens and tokens[0] != ")":
            token, tokens = tokens[0], tokens[1:]
            if token == "|":
                ways.append([])
                continue
            if token == "(":
                inner, tokens = self.ways(tokens)
                token, tokens = inner, tokens[1:]
            often, tokens = (tokens[0], tokens[1:]) if tokens and tokens[0] in "?*" else ("", tokens)
            ways[-1].append((token, often))
        return ways, tokens

    def draw(self, rng, ways=None, depth=0):
        ways = self.rules["root"] if ways is None else ways
        way = ways[int(rng.integers(len(ways)))] if depth < 12 else ways[0]
        return "".join(self.part(rng, token, depth) for token, often in way for _ in range(1 if not often else int(rng.integers(2))))

    def part(self, rng, token, depth):
        if isinstance(token, list):
            return self.draw(rng, token, depth + 1)
        if token.startswith('"'):
            return re.sub(r"\\(.)", lambda match: {"n": "\n", "r": "\r", "t": "\t"}.get(match[1], match[1]), token[1:-1])
        if token.startswith("["):
            low, _, high = token[1:-1].partition("-")
            return chr(int(rng.integers(ord(low), ord(high) + 1)))
        return self.draw(rng, self.rules[token], depth + 1)


@pytest.mark.parametrize("schema", [PORT, odd_schema()], ids=["port", "odd"])
def test_what_the_text_of_the_grammar_allows_is_no_fault_of_the_schema(schema):
    grammar, rng, texts = Grammar(gbnf(schema, GIVEN)), np.random.default_rng(0), set()
    for _ in range(150):
        text = grammar.draw(rng)
        found = check(text, schema)
        assert found.query is not None, text
        assert {one.code for one in found.alarms} <= KEPT, (text, found.alarms)
        texts.add(text)
    assert len(texts) > 110


def test_the_text_of_the_grammar_begins_with_what_the_automaton_reads():
    grammar, rng, automaton = Grammar(gbnf(PORT, GIVEN)), np.random.default_rng(1), Automaton(PORT, GIVEN)
    for _ in range(40):
        text = grammar.draw(rng)
        pattern = text.partition(" WHERE ")[0].partition(" RETURN ")[0]
        if pattern.count("[") <= 5:
            assert automaton.read(pattern), pattern
