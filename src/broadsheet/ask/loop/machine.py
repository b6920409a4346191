"""The loop as a function from a transcript and an event to the next transcript: the same events over the same graph and replies give the same bytes."""

from collections.abc import Callable
from typing import NamedTuple

from broadsheet.ask.amend.chips import chips, edit
from broadsheet.ask.amend.diff import diff
from broadsheet.ask.answer.cited import same
from broadsheet.ask.check.findings import Splice, spliced
from broadsheet.ask.cypher.nodes import Place, Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.explain.writer import explain
from broadsheet.ask.loop.amending import RULES, amend
from broadsheet.ask.loop.asking import asking_of, is_spelling, meant, options_of, respelt, spellings, spelt
from broadsheet.ask.loop.drafting import Settled, settle, settled
from broadsheet.ask.loop.records import Act, Compared, Event, Happened, Option, Spoken, State, Transcript
from broadsheet.ask.loop.showing import Shown, compared, reasons, shown, why_not
from broadsheet.ask.loop.tools import Tools
from broadsheet.ask.question.bounds import bounded
from broadsheet.ask.write.prose import left_out, made_up
from broadsheet.ask.write.writer import Draft
from broadsheet.core.errors import ConfigError, LLMError, QueryError, RecordError

PERSON = "the person"
# What goes wrong with an event and is part of the loop; a database that is locked, or a disk that is full, is not.
KEPT = (ConfigError, RecordError, LLMError, QueryError)
ACCEPTED, QUIT = "accepted", "quit"
# Meanings of one word, and open words of one question, of which it is tried whether they make a difference: each is a draft and a query.
MEANINGS, OPEN = 4, 2


class Done(NamedTuple):
    """The transcript after an event, and what is told of it."""

    transcript: Transcript
    told: tuple[str, ...] = ()


class Loop:
    """Takes events. What was shown of a query is kept for as long as the loop lives, and no part of any state."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self._shown: dict[str, Shown] = {}
        self._acts: dict[Act, Callable[[Transcript, Event], Done]] = {
            Act.ASK: self._ask, Act.CHOOSE: self._choose, Act.SETTLE: self._settle, Act.AMEND: self._amend, Act.KEEP: self._keep, Act.FIX: self._fix, Act.EDIT: self._edit,
            Act.WRITE: self._write, Act.UNDO: self._undo, Act.BRANCH: self._branch, Act.WHY: self._why, Act.WHY_NOT: self._why_not,
            Act.ACCEPT: self._accept, Act.QUIT: self._quit,
        }  # fmt: skip

    def blank(self, question: str) -> Transcript:
        """Return the transcript of a question of which nothing has been made yet. Raises ConfigError where it is too long."""
        return Transcript(question=bounded(question), graph=self.tools.named, by=self.tools.writer.by, settings=self.tools.settings)

    def begin(self, question: str) -> Transcript:
        """Return the transcript of a question that was just asked: its first state is there, unless a model gave no reply."""
        return self.step(self.blank(question), Event(act=Act.ASK, text=question))

    def step(self, transcript: Transcript, event: Event) -> Transcript:
        """Return the transcript after an event. What goes wrong with it is kept in it, and the state stays as it was."""
        fault: tuple[str, ...] = ()
        try:
            done = self._acts[event.act](transcript, event)
        except KEPT as wrong:
            done, fault = Done(transcript), (wrong.what, wrong.mend)
        after = done.transcript
        happened = Happened(event=event, state=after.at, told=done.told, fault=fault)
        spoken = tuple(Spoken(role=one.role, key=one.key, text=one.text, reason=one.reason, mend=one.mend) for one in self.tools.writer.said)
        return after.model_copy(update={"happened": (*after.happened, happened), "spoken": spoken})

    def without_idle_choice(self, transcript: Transcript) -> Transcript:
        """Return the transcript after the first meaning was taken where all meanings give the same rows; as it is where they do not, or where a model writes."""
        state = transcript.state
        if state is None or not state.options or self.tools.settings.writer != "slots":
            return transcript
        after = self.step(transcript, Event(act=Act.SETTLE))
        return transcript if after.happened[-1].fault else after

    def shown(self, query: Query) -> Shown:
        """Return what a query gives, asked of the engine once."""
        text = canonical(query)
        if text not in self._shown:
            self._shown[text] = shown(query, self.tools)
        return self._shown[text]

    # Events that make a state.

    def _ask(self, transcript: Transcript, event: Event) -> Done:
        return self._asked(transcript, event.text, None, ())

    def _asked(self, transcript: Transcript, question: str, parent: int | None, chosen: tuple[Option, ...]) -> Done:
        """Ask back what is open in a question, one thing at a time; else draft a query for it."""
        said, meanings = spelt(question, chosen)
        if options := options_of(bounded(said), self.tools, meanings):
            state = State(number=len(transcript.states) + 1, parent=parent, options=options, chosen=chosen)
            return Done(_at(transcript, state), (f"{options[0].words!r} may mean {len(options)} things.",))
        asking = asking_of(said, self.tools, meanings)
        made = settle(self.tools.writer.write(asking), asking, self.tools, answers=True)
        if not made.text and question == transcript.question and (options := spellings(asking)):
            state = State(number=len(transcript.states) + 1, parent=parent, drafts=made.drafted, options=options, chosen=chosen)
            return Done(_at(transcript, state), (f"Nothing is called {options[0].words!r}.",))
        return Done(self._stated(transcript, made, parent, chosen))

    def _choose(self, transcript: Transcript, event: Event) -> Done:
        state = transcript.state
        if state is None or not state.options:
            raise ConfigError("Nothing is asked back.", "Amend the query, or accept it.")
        if not 1 <= event.number <= len(state.options):
            raise ConfigError(f"There is no meaning {event.number}.", f"Choose a number from 1 to {len(state.options)}.")
        option = state.options[event.number - 1]
        if option.query:
            made = settled(option.query, self.tools)
            draft = Draft(option.query, RULES, (f"{option.words} means: {option.meaning}",))
            return Done(self._stated(transcript, made._replace(drafts=(draft,)), state.parent, state.chosen))
        return self._asked(transcript, transcript.question, state.number, (*state.chosen, option))

    def _settle(self, transcript: Transcript, event: Event) -> Done:
        """Take the first meaning where all give the same rows, and say so. Raises ConfigError where they do not, or cannot be held beside each other."""
        del event
        state = transcript.state
        if state is None or not state.options or len(state.options) > MEANINGS or len(state.chosen) >= OPEN or is_spelling(state.options[0]):
            raise ConfigError("Nothing is asked back that can be settled.", "Choose what is meant, amend the query, or accept it.")
        first, *others = (self._meant(transcript, number) for number in range(1, len(state.options) + 1))
        rows = self._whole(first)
        if rows is None or any(self._whole(one) != rows for one in others):
            raise ConfigError(f"What {state.options[0].words!r} means makes a difference.", f"Choose a number from 1 to {len(state.options)}.")
        meanings = " or ".join(one.meaning for one in state.options)
        same = f"the same {len(rows):,} row{'' if len(rows) == 1 else 's'}" if rows else "no rows"
        said = f"{state.options[0].words!r} may mean {meanings}: each gives {same}, and the first was taken."
        return Done(_noted(first, said), (said,))

    def _meant(self, transcript: Transcript, number: int) -> Transcript:
        """Return the transcript after a meaning was chosen, and after what is then open was settled."""
        made = self._choose(transcript, Event(act=Act.CHOOSE, number=number)).transcript
        return self._settle(made, Event(act=Act.SETTLE)).transcript if made.state is not None and made.state.options else made

    def _whole(self, transcript: Transcript) -> tuple[str, ...] | None:
        """Return all rows of a state, None where they were not had or are cut."""
        state, query = transcript.state, self._tree(transcript, transcript.at)
        found = self.shown(query).answer if query is not None and state is not None and state.preview is not None else None
        return None if found is None or found.rows.cut else tuple(map(same, found.rows.rows))

    def _amend(self, transcript: Transcript, event: Event) -> Done:
        state = transcript.state
        if state is not None and state.options and (number := meant(event.text, state.options)) is not None:
            return self._choose(transcript, Event(act=Act.CHOOSE, number=number))
        if state is not None and state.query is None and not state.text and (not state.options or is_spelling(state.options[0])):
            return self._unwritten(transcript, state, event.text)
        if state is not None and state.options and state.options[0].query and state.parent is not None:
            # What was asked back is left open: other words are another amendment of the same query.
            transcript = transcript.model_copy(update={"at": state.parent})
        state, query = self._read(transcript)
        said, meanings = spelt(transcript.question, state.chosen)
        asking = asking_of(said, self.tools, meanings)
        found = amend(query, event.text, asking, self.tools)
        if found.settled is None:
            return Done(_at(transcript, State(number=len(transcript.states) + 1, parent=state.number, options=found.options, chosen=state.chosen)), found.told)
        return Done(self._stated(transcript, found.settled, state.number, state.chosen, unasked=found.unasked, whole=found.whole), found.told)

    def _unwritten(self, transcript: Transcript, state: State, words: str) -> Done:
        """Take words for a name that nothing has, where they are one that something has; else for more of the question."""
        if (right := respelt(words, spelt(transcript.question, state.chosen)[0], self.tools)) is not None:
            return self._asked(transcript, transcript.question, state.number, (*state.chosen, right))
        if state.options:
            raise ConfigError(f"Nothing is called {state.options[0].words!r}, nor is a name told by {words!r}.", "Choose a number, or say the right name.")
        return self._asked(transcript, f"{transcript.question} {words}", state.number, state.chosen)

    def _keep(self, transcript: Transcript, event: Event) -> Done:
        del event
        state = transcript.state
        if state is None or not state.whole:
            raise ConfigError("No change was taken back.", "Amend the query, or accept it.")
        made = settled(state.whole, self.tools)
        draft = Draft(state.whole, PERSON, ("kept the changes that were taken back",))
        return Done(self._stated(transcript, made._replace(drafts=(draft,)), state.number, state.chosen))

    def _fix(self, transcript: Transcript, event: Event) -> Done:
        state = transcript.state
        if state is None or not 1 <= event.number <= len(state.findings):
            raise ConfigError(f"There is no finding {event.number}.", "Type show to see the findings and their numbers.")
        finding = state.findings[event.number - 1]
        if not finding.fix:
            raise ConfigError(f"Finding {event.number} has no one change that mends it.", "Amend the query in words.")
        text = spliced(state.text, [Splice(Place(start, end), new) for start, end, new in finding.fix])
        return self._by_person(transcript, state, text, f"fixed {finding.code}: {finding.message}")

    def _edit(self, transcript: Transcript, event: Event) -> Done:
        state, query = self._read(transcript)
        listed = chips(query)
        if not 1 <= event.number <= len(listed):
            raise ConfigError(f"The query has no part {event.number}.", f"Type parts to see its {len(listed)} parts and their numbers.")
        chip = listed[event.number - 1]
        value = "" if event.text.strip() == "-" else event.text
        return self._by_person(transcript, state, canonical(edit(query, chip, value)), f"edited {chip.kind} {chip.value or '(nothing)'}: {event.text.strip()}")

    def _write(self, transcript: Transcript, event: Event) -> Done:
        return self._by_person(transcript, transcript.state, event.text, "written by hand")

    def _by_person(self, transcript: Transcript, state: State | None, text: str, note: str) -> Done:
        """Take a text from the person: it is checked as any other, and no model changes it."""
        chosen = () if state is None else state.chosen
        parent = None if state is None else state.number
        made = settled(text, self.tools, transcript.question if self._tree(transcript, parent) is None else "")
        return Done(self._stated(transcript, made._replace(drafts=(Draft(text, PERSON, (note,)),)), parent, chosen))

    def _stated(
        self, transcript: Transcript, made: Settled, parent: int | None, chosen: tuple[Option, ...], *, unasked: tuple[str, ...] = (), whole: str = ""
    ) -> Transcript:
        """Add the state of what became of a draft, and go there."""
        before = self._tree(transcript, parent)
        state = State(
            number=len(transcript.states) + 1, parent=parent, drafts=made.drafted, text=made.text, refused=made.refused, findings=made.findings,
            unasked=unasked, whole=whole, chosen=chosen,
        )  # fmt: skip
        if made.query is not None:
            prose = self._prose(made.query)
            state = state.model_copy(update={"query": canonical(made.query), "explanation": explain(made.query)} | prose)
            if self._can_run(made):
                state = state.model_copy(update={"preview": self.shown(made.query).preview})
            if before is not None:
                changes = tuple(one.words for one in diff(before, made.query))
                state = state.model_copy(update={"changes": changes, "compared": self._beside(before, made)})
        return _at(transcript, state)

    def _can_run(self, made: Settled) -> bool:
        return made.can_run(doubtful=self.tools.settings.doubtful)

    def _prose(self, query: Query) -> dict[str, object]:
        """Return what the writer says of a query, with what that leaves out."""
        try:
            said = self.tools.writer.explain(canonical(query))
        except LLMError as fault:
            return {"unsaid": fault.what}
        return {} if said is None else {"prose": said.strip(), "appended": left_out(query, said), "made_up": made_up(query, said)}

    def _beside(self, before: Query, made: Settled) -> Compared | None:
        if made.query is None or not self._can_run(made) or not self._can_run(settled(canonical(before), self.tools)):
            return None
        old, new = self.shown(before).answer, self.shown(made.query).answer
        return None if old is None or new is None else compared(old.rows, new.rows, self.tools.settings.shown)

    # Events that move, or only tell.

    def _undo(self, transcript: Transcript, event: Event) -> Done:
        del event
        state = transcript.state
        if state is None or state.parent is None:
            raise ConfigError("There is nothing to undo: this is the first state.", "Amend the query, or quit.")
        return Done(transcript.model_copy(update={"at": state.parent}), (f"Back at state {state.parent}; state {state.number} is kept.",))

    def _branch(self, transcript: Transcript, event: Event) -> Done:
        if not 1 <= event.number <= len(transcript.states):
            raise ConfigError(f"There is no state {event.number}.", f"Type states to see all {len(transcript.states)}.")
        return Done(transcript.model_copy(update={"at": event.number}), (f"Going on from state {event.number}.",))

    def _why(self, transcript: Transcript, event: Event) -> Done:
        _, query = self._read(transcript)
        return Done(transcript, reasons(self.shown(query), event.number))

    def _why_not(self, transcript: Transcript, event: Event) -> Done:
        _, query = self._read(transcript)
        return Done(transcript, why_not(query, event.text, self.tools))

    def _accept(self, transcript: Transcript, event: Event) -> Done:
        del event
        state = transcript.state
        if state is not None and len(state.options) == 1:
            return self._choose(transcript, Event(act=Act.CHOOSE, number=1))
        if state is None or state.preview is None or state.preview.fault:
            raise ConfigError("There is no answer to accept.", "Choose, amend or fix the query first, or quit.")
        return Done(transcript.model_copy(update={"accepted": state.number, "ended": ACCEPTED}))

    def _quit(self, transcript: Transcript, event: Event) -> Done:
        return Done(transcript.model_copy(update={"ended": event.text or QUIT}))

    def _read(self, transcript: Transcript) -> tuple[State, Query]:
        """Return the state and its query's tree."""
        state = transcript.state
        if state is not None and state.options:
            raise ConfigError(f"It is open what {state.options[0].words!r} means.", f"Choose a number from 1 to {len(state.options)} first.")
        query = self._tree(transcript, transcript.at)
        if state is None or query is None:
            raise ConfigError("There is no query yet.", "Write one: query MATCH ... RETURN ..., or quit and ask otherwise.")
        return state, query

    @staticmethod
    def _tree(transcript: Transcript, number: int | None) -> Query | None:
        text = None if number is None else transcript.states[number - 1].query
        return None if text is None else parse(text).query


def _at(transcript: Transcript, state: State) -> Transcript:
    return transcript.model_copy(update={"states": (*transcript.states, state), "at": state.number})


def _noted(transcript: Transcript, said: str) -> Transcript:
    """Return a transcript whose state says something more of how its query was written."""
    state = transcript.states[-1]
    draft = state.drafts[0]
    noted = state.model_copy(update={"drafts": (draft.model_copy(update={"notes": (said, *draft.notes)}), *state.drafts[1:])})
    return transcript.model_copy(update={"states": (*transcript.states[:-1], noted)})
