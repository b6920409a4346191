"""A double of a language model's endpoint: a server on loopback that answers by a rule, fails on request and counts exactly."""

from broadsheet.sample.llm.answers import example, rule_answer
from broadsheet.sample.llm.faults import FAULTS, Faults
from broadsheet.sample.llm.server import LLMServer, Served

__all__ = ["FAULTS", "Faults", "LLMServer", "Served", "example", "rule_answer"]
