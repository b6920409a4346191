"""Off-policy estimates: what another way to fill slates would have got, read from logs that say how likely each item was shown."""

from broadsheet.plan.offline.drawing import DrawingAgent
from broadsheet.plan.offline.estimators import Estimate, Offline, estimate
from broadsheet.plan.offline.log import SlateLog, read_log

__all__ = ["DrawingAgent", "Estimate", "Offline", "SlateLog", "estimate", "read_log"]
