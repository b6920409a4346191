"""Which column of a table holds which field: as somebody states it, or as columns are usually called."""

from collections.abc import Collection, Mapping, Sequence

from broadsheet.core.errors import ColumnError, did_you_mean


def stated(text: str, fields: Collection[str], option: str) -> dict[str, str]:
    """Read `field=column,field=column` as the `option` takes it. Raises ColumnError for another form, and for a field that is unknown.

    >>> stated("title=name, text=blurb", ["title", "text"], "--columns")
    {'title': 'name', 'text': 'blurb'}
    """
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        field, equals, column = (one.strip() for one in part.partition("="))
        mend = f"Fields are: {', '.join(fields)}."
        if not equals or not column:
            raise ColumnError(f"{option} {part!r} is not of the form field=column.", mend)
        if field not in fields:
            raise ColumnError(f"{option} {part!r}: there is no field {field!r}.{did_you_mean(field, fields)}", mend)
        found[field] = column
    return found


def placed(
    columns: Sequence[str], named: Mapping[str, str], usual: Mapping[str, Sequence[str]], needed: Sequence[str], where: str, option: str, setting: str
) -> dict[str, str]:
    """Return the column of each field that a table has: the one that is `named`, else the first that is called as is `usual`, whatever its letters' case.

    Blanks around a column's name do not count.

    Raises ColumnError for a named column that is not there, and for fields that are `needed` and have none, all of them at once; it says how the `option`, and the `setting`
    of a recipe, would name them.
    """
    there = f"Its columns are: {', '.join(columns)}."
    trimmed = {column.strip(): column for column in reversed(columns)} | {column: column for column in columns}
    for column in named.values():
        if column not in trimmed:
            raise ColumnError(f"{where} has no column {column!r}.{did_you_mean(column, columns)}", there)
    lowered = {column.strip().lower(): column for column in reversed(columns)}
    found = {
        field: trimmed[named[field]] if field in named else next((lowered[name] for name in names if name in lowered), "") for field, names in usual.items()
    }
    if lacking := [field for field in needed if not found[field]]:
        looked = "; ".join(f"{field!r} (looked for {', '.join(usual[field])})" for field in lacking)
        words = ",".join(f"{field}=COLUMN" for field in lacking)
        raise ColumnError(f"{where} has no column for {looked}.", f'{there} Name them: {option} {words}; in a recipe {setting} = "{words}"')
    return {field: column for field, column in found.items() if column}
