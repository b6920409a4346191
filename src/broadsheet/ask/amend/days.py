"""A year or a day held against a property that is a date."""

from broadsheet.ask.amend.heard import Day
from broadsheet.ask.amend.scene import Scene
from broadsheet.ask.cypher.nodes import Binary, Expression, Function, Literal_, Property, Variable

MAKERS = {"date": "date", "datetime": "datetime"}
# For each sign, the sign against the first day of a year, and how many years later that is.
FIRST_DAYS = {">": (">=", 1), ">=": (">=", 0), "<": ("<", 0), "<=": ("<", 1)}


def compared(scene: Scene, of: Property, sign: str, value: object) -> Expression | None:
    """Return the condition that holds a day, or a year, against a property that is a date or a text; None for anything else."""
    facts = scene.facts(of.of.name, of.key) if isinstance(of.of, Variable) else None
    if facts is None or not (isinstance(value, Day) or (isinstance(value, int) and sign in FIRST_DAYS and facts.type in {*MAKERS, "string"})):
        return None
    if isinstance(value, int):
        sign, later = FIRST_DAYS[sign]
        value = f"{value + later:04}-01-01"
    text = Literal_(str(value))
    return Binary(sign or "=", of, Function(MAKERS[facts.type], (text,)) if facts.type in MAKERS else text)
