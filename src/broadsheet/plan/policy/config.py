"""How a policy is built and trained: one dial, and what the arms of a comparison differ in."""

from typing import Annotated, Literal

from pydantic import Field

from broadsheet.core.config import Config, Size

Network = Literal["gru", "transformer"]
Choice = Literal["plackett-luce", "gaussian"]
Method = Literal["ppo", "a2c"]
Penalty = Literal["none", "exposure", "entropy"]
Start = Literal["sense", "scores"]


class PolicyConfig(Config):
    """One dial, `size`, gives the width of the state, sessions a rollout, and how many rollouts there are.

    **Choice.** `plackett-luce` draws slates by scores; `gaussian` draws the vector that scores items, as LERL does (section 3.3), with a full covariance that begins at
    the deviation `spread`.

    **Learning.** `ppo` (Schulman et al. 2017) takes `epochs` passes over a rollout in `minibatches` parts and clips at `clip`; `a2c` takes one step a rollout. Advantages are generalised
    (Schulman et al. 2016) by `discount` a round and `trace`. `entropy` is the weight of the bonus for undecided picks, `value` that of the critic's loss.

    **Start.** `sense` begins near a rule: the best first, less what was much shown of late, and nothing twice; `scores` begins at the best first, and leaves all else to learning.

    **Penalty.** What is taken from the reward in training alone: `exposure`, in the manner of CIRS (Gao et al. 2023), takes `penalty_weight` times the mean recent exposure of
    what is shown; `entropy`, in the manner of DORL (Gao et al. 2023), takes it times how much the categories shown so far fall short of an even spread.
    """

    size: Size = "small"
    network: Network = "gru"
    choice: Choice = "plackett-luce"
    method: Method = "ppo"
    start: Start = "sense"
    penalty: Penalty = "none"
    penalty_weight: Annotated[float, Field(ge=0)] = 0.1
    discount: Annotated[float, Field(gt=0, le=1)] = 0.9
    trace: Annotated[float, Field(ge=0, le=1)] = 0.7
    clip: Annotated[float, Field(gt=0)] = 0.2
    entropy: Annotated[float, Field(ge=0)] = 0.002
    value: Annotated[float, Field(ge=0)] = 0.5
    spread: Annotated[float, Field(gt=0)] = 0.8
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    iterations: Annotated[int, Field(ge=0)] = 0
    """Rollouts; 0 means as the size says."""
    sessions_a_rollout: Annotated[int, Field(ge=0)] = 0
    """Sessions of a rollout; 0 means as the size says."""

    @property
    def width(self) -> int:
        """Width of the state of a session."""
        return {"tiny": 32, "small": 64, "base": 128}[self.size]

    @property
    def sessions(self) -> int:
        """Sessions a rollout."""
        return self.sessions_a_rollout or {"tiny": 128, "small": 512, "base": 1024}[self.size]

    @property
    def validated(self) -> int:
        """Sessions of validation users an evaluation plays, at least; each user as often as any other."""
        return {"tiny": 32, "small": 256, "base": 512}[self.size]

    @property
    def between(self) -> int:
        """Rollouts between two evaluations, each with a checkpoint."""
        return {"tiny": 2, "small": 5, "base": 5}[self.size]

    @property
    def rollouts(self) -> int:
        """Rollouts a training."""
        return self.iterations or {"tiny": 30, "small": 80, "base": 200}[self.size]

    @property
    def epochs(self) -> int:
        """Passes over a rollout."""
        return 1 if self.method == "a2c" else 2

    @property
    def minibatches(self) -> int:
        """Parts of a rollout, each one step of the optimiser."""
        return 1 if self.method == "a2c" else 4

    @property
    def steps(self) -> int:
        """Steps of the optimiser between two rollouts."""
        return self.epochs * self.minibatches
