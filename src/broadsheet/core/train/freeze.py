"""Which tensors a stage trains, and the proof that the others stay as they are."""

import hashlib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.seeds import generator


def matching(names: Iterable[str], patterns: Sequence[str], what: str) -> list[str]:
    """Return the names that a pattern matches, in their order; a pattern that matches none is a ConfigError.

    >>> matching(["head.weight", "tower.weight"], ["head.*"], "parameter")
    ['head.weight']
    """
    known = list(names)
    for pattern in patterns:
        if not any(matches(name, [pattern]) for name in known):
            hint = did_you_mean(pattern.removesuffix("*").removesuffix("."), known)
            raise ConfigError(f"No {what} is named {pattern!r}.{hint}", f"Names begin with: {', '.join(sorted({name.split('.')[0] for name in known}))}.")
    return [name for name in known if matches(name, patterns)]


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether any of the patterns matches the name."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def freeze_all_but(model: nn.Module, patterns: Sequence[str]) -> dict[str, nn.Parameter]:
    """Let only the matching parameters have gradients; return them by name.

    Modules without a trainable parameter below them are set to evaluate: their dropout is off and
    their running statistics stand still. The others are set to train.
    """
    parameters = dict(model.named_parameters())
    wanted = set(matching(parameters, patterns, "parameter"))
    for name, parameter in parameters.items():
        parameter.requires_grad_(name in wanted)
        parameter.grad = None
    for module in model.modules():
        own = list(module.parameters())
        module.training = not own or any(parameter.requires_grad for parameter in own)
    _quiet_children(model)
    return {name: parameters[name] for name in parameters if name in wanted}


def _quiet_children(model: nn.Module) -> None:
    """Set what has no parameter of its own (a dropout) as the module that holds it."""
    for module in model.modules():
        for child in module.children():
            if not any(True for _ in child.parameters()):
                child.train(module.training)


def tensors_hash(model: nn.Module, *, trainable: bool) -> str:
    """Return SHA-256 over the names and bits of the frozen tensors of a model, or of its trainable ones.

    Buffers count as frozen where their module is set to evaluate.
    """
    digest = hashlib.sha256()
    for name, tensor in _tensors(model, trainable=trainable):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _tensors(model: nn.Module, *, trainable: bool) -> Iterable[tuple[str, torch.Tensor]]:
    for name, parameter in model.named_parameters():
        if parameter.requires_grad is trainable:
            yield name, parameter
    for prefix, module in model.named_modules():
        if module.training is trainable:
            for name, buffer in module.named_buffers(prefix, recurse=False):
                yield name, buffer


def reinitialise(model: nn.Module, patterns: Sequence[str], seed: int, stage: str) -> list[str]:
    """Draw the matching modules anew, from a generator of the seed and the stage; return their names.

    Raises ConfigError for a module that does not know how (it has no `reset_parameters`).
    """
    modules: dict[str, Any] = dict(model.named_modules())
    names = matching(modules, patterns, "module") if patterns else []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(generator(seed, "reinit", stage).integers(2**62)))
        for name in names:
            parts = [part for part in modules[name].modules() if list(part.parameters(recurse=False))]
            for part in parts:
                if not hasattr(part, "reset_parameters"):
                    raise ConfigError(
                        f"{name} cannot be drawn anew: {type(part).__name__} has no reset_parameters.", "Name the layers within it that have one."
                    )
                part.reset_parameters()
    return names
