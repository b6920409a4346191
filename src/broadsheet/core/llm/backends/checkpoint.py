"""The back end `hf`: a causal checkpoint on this machine, held to choices by their scores and to JSON by a token mask."""

import asyncio
import threading
from collections.abc import Iterator
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import Any

from broadsheet.core.errors import ConfigError, MissingExtraError, WeightsError
from broadsheet.core.llm.acceptor import Acceptor
from broadsheet.core.llm.faults import CallError, Reason
from broadsheet.core.llm.port import Finish, Hold, Message, Reply, Request
from broadsheet.core.llm.vocabulary import token_bytes

INSTALL = 'Run: pip install "broadsheet[models]"'
# So many choices are scored in one pass; more take further passes.
ROWS = 64


class CheckpointLLM:
    """A causal language model of transformers, one request at a time. `model` is the folder's name and a hash of its weights.

    A choice is the one whose text, and the end of the turn behind it, is likeliest; the prompt is read once for all, and all are scored
    in one pass. JSON is drawn token by token: one that does not fit the schema, or after which the shortest end would
    not fit into `max_tokens`, is struck out. So what comes out always fits the schema.
    """

    at_once = 1

    def __init__(self, folder: Path, name: str = "hf", model: str = "") -> None:
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils import logging

            from broadsheet.core.backbones.checkpoint import checkpoint_hash
        except ModuleNotFoundError as fault:
            raise MissingExtraError(f"A local language model needs {fault.name}.", INSTALL) from None
        if not (folder / "config.json").is_file():
            raise MissingExtraError(f"{folder} is not a checkpoint folder (no config.json in it).", "Name a folder with config.json, weights and tokenizer.")
        logging.disable_progress_bar()
        self.name, self.model = name, model or f"{folder.resolve().name}@{checkpoint_hash(folder)[:12]}"
        try:
            tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            network, report = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32, output_loading_info=True)
        except (OSError, ValueError, RuntimeError, KeyError) as fault:
            raise WeightsError(f"{folder} cannot be read: {str(fault).splitlines()[0]}.", "Name a causal checkpoint with its tokenizer.") from None
        if missing := sorted(report["missing_keys"]):
            raise WeightsError(f"The weights in {folder} lack {len(missing)} tensors, first {missing[0]}.", "Name a causal checkpoint with its head.")
        self._tokenizer: Any = tokenizer
        self._network: Any = network.eval()
        # Later versions of transformers name what they keep of a text otherwise.
        self._kept = "cache" if "cache" in signature(type(network).forward).parameters else "past_key_values"
        self._ends = _ends(tokenizer, network)
        self._special = set(tokenizer.all_special_ids) | self._ends
        self._texts: dict[int, str] = {}
        self._anchor = tokenizer.encode("a", add_special_tokens=False)[:1]
        # One pass at a time: the model's threads are the processor's.
        self._lock = threading.Lock()

    async def complete(self, request: Request, *, idempotency: str = "") -> Reply:
        """Answer one request in a thread. Raises ConfigError for a schema, or a `max_tokens`, that it cannot be held to, and `CallError` for a prompt that is too long."""
        del idempotency
        return await asyncio.to_thread(self._complete, request)

    async def close(self) -> None:
        """Keep the weights: they are the object's."""

    def _complete(self, request: Request) -> Reply:
        import torch

        with self._lock, torch.inference_mode():
            prompt = self._prompt(request.messages)
            self._check_length(len(prompt), request)
            return self._choose(request, prompt) if request.choices else self._write(request, prompt)

    def _prompt(self, messages: tuple[Message, ...]) -> list[int]:
        if self._tokenizer.chat_template:
            turns = [message.model_dump() for message in messages]
            text = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        else:
            text = "".join(f"{message.role}: {message.content}\n" for message in messages) + "assistant: "
        return self._tokenizer.encode(text, add_special_tokens=False)

    def _choose(self, request: Request, prompt: list[int]) -> Reply:
        import torch

        end = sorted(self._ends)[:1]
        labels = [self._tokenizer.encode(choice, add_special_tokens=False) + end for choice in request.choices]
        scores = torch.cat([self._scores(prompt, labels[start : start + ROWS]) for start in range(0, len(labels), ROWS)])
        among = scores.log_softmax(0).tolist()
        best = max(range(len(labels)), key=lambda place: among[place])
        return Reply(
            text=request.choices[best],
            prompt_tokens=len(prompt),
            completion_tokens=len(labels[best]),
            model=self.model,
            held="scores",
            logprobs=dict(zip(request.choices, among, strict=True)),
        )

    def _scores(self, prompt: list[int], labels: list[list[int]]) -> Any:
        """Return the log-probability of each label after the prompt, [K]: the prompt is read once, then all labels in one pass over a right-padded batch."""
        import torch
        from transformers import DynamicCache

        longest = max(map(len, labels))
        ids = torch.tensor([label + [0] * (longest - len(label)) for label in labels])
        mask = torch.tensor([[1] * (len(prompt) + len(label)) + [0] * (longest - len(label)) for label in labels])
        held = DynamicCache()
        first = self._network(input_ids=torch.tensor([prompt]), use_cache=True, logits_to_keep=1, **{self._kept: held}).logits
        logits = first.expand(len(labels), -1, -1)
        if longest > 1:
            held.batch_repeat_interleave(len(labels))
            rest = self._network(input_ids=ids[:, :-1], attention_mask=mask[:, :-1], use_cache=True, **{self._kept: held}).logits
            logits = torch.cat([logits, rest], dim=1)
        each = logits.float().log_softmax(-1).gather(-1, ids[..., None]).squeeze(-1)
        return (each * mask[:, len(prompt) :]).sum(-1)

    def _write(self, request: Request, prompt: list[int]) -> Reply:
        """Write token by token, under the mask of a schema if there is one."""
        import torch
        from transformers import DynamicCache

        state = Acceptor.of(request.answer_schema) if request.answer_schema else None
        if state is not None:
            self._check_room(state, request.max_tokens)
        dice = torch.Generator().manual_seed(request.seed or 0)
        written: list[int] = []
        text, finish, given, kept = "", "length", prompt, {self._kept: DynamicCache()}
        while len(written) < request.max_tokens:
            made = self._network(input_ids=torch.tensor([given]), use_cache=True, logits_to_keep=1, **kept)
            room = request.max_tokens - len(written) - 1
            token, state = self._drawn(made.logits[0, -1].float(), state, room, request.temperature, dice)
            if token is None or token in self._ends:
                finish = "stop"
                break
            written.append(token)
            given = [token]
            text += self._text(token) if state is not None else ""
            if state is not None and state.is_complete:
                finish = "stop"
                break
        if state is not None and not state.is_complete:
            end = state.shortest()
            written += self._tokenizer.encode(end, add_special_tokens=False)
            text, finish = text + end, "stop"
        return self._reply(text if state is not None else self._tokenizer.decode(written, skip_special_tokens=True), prompt, written, finish, state)

    @cached_property
    def vocabulary(self) -> tuple[bytes, ...]:
        """The bytes that each token adds to a text; nothing for one that is no text."""
        return token_bytes(self._tokenizer)

    def write_held(self, request: Request, hold: Hold) -> Reply:
        """Write token by token what a grammar allows; the text is read from the grammar's own account of it. Raises `CallError` for a prompt that is too long.

        Where only one token may come the model is not asked: it reads it with the next one that it is asked for.
        """
        import torch
        from transformers import DynamicCache

        with self._lock, torch.inference_mode():
            prompt = self._prompt(request.messages)
            self._check_length(len(prompt), request)
            dice = torch.Generator().manual_seed(request.seed or 0)
            given, written, kept = list(prompt), [], {self._kept: DynamicCache()}
            while hold.allowed.size:
                among = [*hold.allowed.tolist(), *(sorted(self._ends) if hold.may_end else ())]
                token = among[0]
                if len(among) > 1:
                    made = self._network(input_ids=torch.tensor([given]), use_cache=True, logits_to_keep=1, **kept)
                    token = among[next(_draws(made.logits[0, -1].float()[among], request.temperature, dice))]
                    given = []
                if token in self._ends:
                    break
                hold.take(token)
                written.append(token)
                given.append(token)
            text = b"".join(self.vocabulary[token] for token in written).decode()
            return Reply(text=text, prompt_tokens=len(prompt), completion_tokens=len(written), model=self.model, held="mask")

    def _reply(self, text: str, prompt: list[int], written: list[int], finish: Finish, state: Acceptor | None) -> Reply:
        tokens = {"prompt_tokens": len(prompt), "completion_tokens": len(written)}
        return Reply(text=text, **tokens, model=self.model, finish=finish, held="mask" if state is not None else "")

    def _check_length(self, prompt: int, request: Request) -> None:
        most = getattr(self._network.config, "max_position_embeddings", None)
        asked = prompt + (max(self._length(choice) + 1 for choice in request.choices) if request.choices else request.max_tokens)
        if most is not None and asked > most:
            what = f"The prompt has {prompt} tokens, with the answer {asked}; {self.model} reads {most}."
            raise CallError(Reason.REJECTED, what, "Shorten the prompt, or give a smaller max_tokens.")

    def _check_room(self, state: Acceptor, most: int) -> None:
        needed = self._length(state.shortest())
        if needed > most:
            raise ConfigError(f"The shortest answer to this schema takes {needed} tokens; max_tokens is {most}.", f"Give max_tokens of {needed} or more.")

    def _drawn(self, logits: Any, state: Acceptor | None, room: int, temperature: float | None, dice: Any) -> tuple[int | None, Acceptor | None]:
        """Draw a token; one that does not fit is struck out and another drawn, which is to draw from the masked distribution.

        None says that the shortest end is to be written now: nothing else has room.
        """
        for token in _draws(logits, temperature, dice):
            if state is None:
                return token, None
            text = "" if token in self._special else self._text(token)
            after = state.after(text) if text else None
            if after is not None and self._fits(after.shortest(), room):
                return token, after
        return None, state

    def _fits(self, end: str, room: int) -> bool:
        return len(end) <= room or self._length(end) <= room

    def _length(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def _text(self, token: int) -> str:
        """Return what a token adds to a text; nothing where it is a part of a character only."""
        if token not in self._texts:
            # Behind another token, for some tokenizers leave out a first blank.
            before, whole = (self._tokenizer.decode(ids, clean_up_tokenization_spaces=False) for ids in (self._anchor, [*self._anchor, token]))
            added = whole.removeprefix(before)
            self._texts[token] = "" if "\ufffd" in added else added
        return self._texts[token]


def _draws(logits: Any, temperature: float | None, dice: Any) -> Iterator[int]:
    """Yield tokens without repetition: the likeliest first at temperature 0, else drawn from what is left."""
    import torch

    if not temperature:
        yield from logits.argsort(descending=True, stable=True).tolist()
        return
    # Gumbel's keys in descending order are a draw without replacement.
    keys = logits / temperature - torch.empty_like(logits).exponential_(generator=dice).log()
    yield from keys.argsort(descending=True, stable=True).tolist()


def _ends(tokenizer: Any, network: Any) -> set[int]:
    """Return the tokens that end a turn."""
    stated = [tokenizer.eos_token_id, getattr(network.generation_config, "eos_token_id", None), network.config.eos_token_id]
    return {int(token) for one in stated if one is not None for token in (one if isinstance(one, list) else [one])}
