"""A schema that nobody would make, whose names and values try every rule of writing them."""

from broadsheet.ask.schema import PropertyFacts, Schema, Triple


def odd_schema() -> Schema:
    """Return a schema with names that need backticks, values with quotation marks, and properties of every type."""
    tried = ("O'Brien", 'said "no"', "back\\slash", "two\nlines", "größer", "`", "")
    labels = {
        "Größe": {"naïve key": PropertyFacts("string", values=tried), "WHERE": PropertyFacts("boolean"), "5th": PropertyFacts("integer", -5.0, 5.0)},
        "box `office`": {"a.b": PropertyFacts("float", 0.25, 0.75), "kinds": PropertyFacts("list", values=("x", "it's"))},
        "MATCH": {"open": PropertyFacts("string", values=("yes", "no'"), closed=True), "since": PropertyFacts("date", "1999-12-31", "2024-02-29")},
        "日本": {"at": PropertyFacts("datetime", "2015-02-06T18:54:42Z"), "one": PropertyFacts("integer", 7.0, 7.0), "where": PropertyFacts("point")},
        "alone": {"any thing": PropertyFacts("any"), "long": PropertyFacts("duration"), "hour": PropertyFacts("time"), "count": PropertyFacts("integer")},
        "p2": {},
    }
    types = {"IS": {"how much": PropertyFacts("float", -1e-3, 1e-3)}, "gehört zu": None, "knows`": {"since": PropertyFacts("integer", 1.0, 2.0)}, "->": {}}
    triples = (
        Triple("Größe", "IS", "box `office`"),
        Triple("MATCH", "IS", "日本"),
        Triple("日本", "gehört zu", "Größe"),
        Triple("Größe", "knows`", "Größe"),
        Triple("p2", "->", "MATCH"),
        Triple("MATCH", "->", "p2"),
    )
    return Schema(labels, types, triples)
