"""Any multimodal embedder measured on folders in the layouts of MMEB and M-BEIR, ties counted by the mean."""

from broadsheet.represent.evaluate.mbeir import evaluate_mbeir
from broadsheet.represent.evaluate.mbeir_pass import MbeirConfig
from broadsheet.represent.evaluate.mmeb import MmebConfig, evaluate_mmeb
from broadsheet.represent.evaluate.results import Evaluation

__all__ = ["Evaluation", "MbeirConfig", "MmebConfig", "evaluate_mbeir", "evaluate_mmeb"]
