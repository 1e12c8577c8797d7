"""What does a command consist of when it runs? Words with their places."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word after variables and quotes. ``line`` and ``column`` count from 0; ``bare`` had no quotes.

    ``known`` is false where a part of it is what a command would print.
    """

    text: str
    line: int
    column: int
    bare: bool
    known: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it runs. ``stdin`` is the text it reads, None when it reads none that is known.

    ``piped``: it reads what another command prints.
    """

    words: tuple[Word, ...]
    stdin: str | None = None
    piped: bool = False

    @property
    def text(self) -> str:
        """The words with spaces between them."""
        return " ".join(word.text for word in self.words)
