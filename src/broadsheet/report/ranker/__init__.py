"""The ranker of the page: signals of a paper for a reader, weighed by a model of choice, calibrated."""

from broadsheet.core.choice import Choice
from broadsheet.report.ranker.signals import Sight

__all__ = ["Choice", "Sight"]
