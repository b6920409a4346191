"""The published games, reproduced for comparison only: Coat, KuaiRec and KuaiRand, LERL, KuaiSim. Each is won by a loop; none says how a reader is kept."""

from broadsheet.plan.environment.published.game import GameVecEnv
from broadsheet.plan.environment.published.quits import CategoryCount, NearItem, SameCategory, Temper, window_start
from broadsheet.plan.environment.published.rewards import Clicks, Nothing, Table
from broadsheet.plan.environment.published.rules import Mode, coat_game, column_distances, kuai_game, kuaisim_game, lerl_game

__all__ = [
    "CategoryCount",
    "Clicks",
    "GameVecEnv",
    "Mode",
    "NearItem",
    "Nothing",
    "SameCategory",
    "Table",
    "Temper",
    "coat_game",
    "column_distances",
    "kuai_game",
    "kuaisim_game",
    "lerl_game",
    "window_start",
]
