"""What is wrong with a text that is no Cypher."""


class SyntaxFault(Exception):  # noqa: N818 - a finding, that no user sees as an error
    """A place of a text, in code points, and what is wrong there."""

    def __init__(self, what: str, start: int, end: int) -> None:
        super().__init__(what, start, end)
        self.what, self.start, self.end = what, start, end
