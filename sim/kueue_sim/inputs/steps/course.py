"""What happens when? The clock of a script, and the timeline that its commands make."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kueue_sim.errors import Place
from kueue_sim.inputs.repository.composed import Composed
from kueue_sim.inputs.repository.skipped import Skipped
from kueue_sim.inputs.shell.words import Word
from kueue_sim.inputs.text.field import Field, Report, Source


@dataclass(slots=True)
class Course:
    """Time is None until the first work comes; what is set up before is there from the beginning."""

    report: Report
    skipped: Skipped
    pace_ms: int = 1000
    clock_ms: int | None = None
    file: str = ""
    timeline: list[Field] = field(default_factory=list)
    _moved: bool = True
    _passed: dict[str, list[int]] = field(default_factory=dict)
    _aside_until: int = 0

    @property
    def setting_up(self) -> bool:
        """Whether no time passes yet: what commands make is there from the beginning."""
        return self.clock_ms is None

    def sleep(self, ms: int) -> None:
        """The next command comes so much later."""
        if self.clock_ms is not None:
            self.clock_ms, self._moved = self.clock_ms + ms, True

    def waited(self, ms: int) -> None:
        """A command took so long; the next one follows at the usual pace."""
        if self.clock_ms is not None:
            self.clock_ms, self._moved = self.clock_ms + ms, False

    def now(self) -> int:
        """The time of a command that changes something."""
        if self.clock_ms is None:
            self.clock_ms = 0
        elif not self._moved:
            self.clock_ms += self.pace_ms
        self._moved = False
        return self.clock_ms

    def aside(self, commands: Callable[[], object]) -> None:
        """What goes on in the background takes its own time; work that comes there later starts the clock as well."""
        before, moved, number = self.clock_ms, self._moved, len(self.timeline)
        self.clock_ms = before or 0
        commands()
        self._aside_until = max(self._aside_until, self.clock_ms)
        self.clock_ms, self._moved = before, moved
        if before is None and len(self.timeline) > number:
            self.clock_ms = 0

    def join(self) -> None:
        """``wait``: until everything in the background is done."""
        if self.clock_ms is not None and self._aside_until > self.clock_ms:
            self.clock_ms, self._moved = self._aside_until, False

    def happens(self, word: Word, do: str, said: Mapping[str, object], parts: Sequence[Field], where: str) -> None:
        """An action of the timeline, now."""
        if self.clock_ms is None and do != "apply":
            return
        place = Place(self.file, word.line + 1, word.column + 1)
        item = Composed(self.report, {"at": f"{self.now()}ms", "do": do, **said}, {}, {(): place})
        for part in parts:
            item.append(part, where)
        self.timeline.append(item.document())

    def pass_over(self, name: str, word: Word) -> None:
        """A command is not followed; all lines of one name are told together."""
        self._passed.setdefault(name, []).append(word.line + 1)

    def tell_what_was_passed_over(self) -> None:
        """Notes every kind of command that was not followed, with its lines."""
        for name, lines in self._passed.items():
            at = ", ".join(map(str, dict.fromkeys(lines)))
            self.skipped.note(f"{self.file}: {name} is not followed (line{'s' if len(set(lines)) > 1 else ''} {at})")

    def at(self, word: Word, value: object) -> Field:
        """A value that a word of the script means."""
        place = Place(self.file, word.line + 1, word.column + 1)
        return Field(value, Source("", {}, {(): place}), self.report)

    def complain(self, line: int, column: int, message: str) -> None:
        """Notes a mistake; line and column count from 0."""
        place = Place(self.file, line + 1, column + 1)
        self.report.add(Source("", {}, {(): place}), (), message)

    def note(self, line: int, text: str) -> None:
        """Remarks on a line, which counts from 0."""
        self.skipped.note(f"{self.file}:{line + 1}: {text}")
