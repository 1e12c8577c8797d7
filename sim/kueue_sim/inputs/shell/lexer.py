"""Which words and operators stand in a shell text? With their places, before anything is put in for variables.

What people paste from documentation is read as they mean it: prompts are left out, placeholders in angle brackets
are words. Slips that a shell would answer with something else entirely are told as what they are, and mended, so that
their consequences are not told as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kueue_sim.inputs.shell.brackets import closing
from kueue_sim.inputs.shell.tokens import Complain, Operator, Piece, RawWord, Redirect, Token

_OPERATORS = ("&&", "||", ";;", "|&", ";", "|", "&", "(", ")", "\n")
_REDIRECTS = ("<<<", "<<-", "<<", "&>>", "&>", ">>", ">&", "<&", ">|", ">", "<")
_ESCAPED = '"\\$`'
_WITH_ESCAPES = re.compile(r"\$'((?:\\.|[^'\\])*)'", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
"""What a letter behind a backslash stands for in ``$'…'``."""
_QUOTES = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'"}
_DASHES = "—–−"
_BEFORE_COMMANDS = ("if", "elif", "while", "until", "then", "else", "do", "!", "{")
_CLOSING = {"(": ")", "{": "}", "<": ">"}


@dataclass(slots=True)
class Lexer:
    """Reads one text from its beginning to its end."""

    text: str
    complain: Complain
    _at: int = 0
    _awaited: list[tuple[str, bool, bool, int]] = field(default_factory=list)
    _found: list[Token] = field(default_factory=list)
    _broken: bool = False

    def all(self) -> list[Token]:
        """Every token in order."""
        while self._at < len(self.text):
            token = self._next()
            if token is not None:
                self._found.append(token)
        if self._broken:
            self._drop_last_command()
        return self._found

    def _drop_last_command(self) -> None:
        """What stands before an open quote cannot be understood without what follows."""
        while self._found and not isinstance(self._found[-1], Operator):
            self._found.pop()

    # -- between words ------------------------------------------------------------------------------------

    def _next(self) -> Token | None:
        letter = self.text[self._at]
        if letter in " \t\r":
            self._at += 1
        elif letter == "\\" and self._continues():
            pass
        elif letter == "`" and self._ahead(1) == "\n":
            self._wrong("a backtick goes on in the next line in PowerShell only; the shell wants \\")
            self._at += 2
        elif letter != "\n" and self._is_compared():
            return self._word()
        elif letter == "#":
            self._at = self._end_of_line()
        elif letter == "\n":
            return self._line_end()
        elif self._prompt():
            self._at += 1
        elif (calculated := self._calculation()) is not None:
            return calculated
        else:
            return self._operator() or self._redirect() or self._word()
        return None

    def _calculation(self) -> RawWord | None:
        """``((…))`` where a command begins, as ``let "…"``; the first of both words."""
        before = self._found[-1] if self._found else None
        begins = before is None or isinstance(before, Operator) or _opens(before)
        end = closing(self.text, self._at) if begins and self.text.startswith("((", self._at) else None
        if end is None or closing(self.text, self._at + 1) != end - 1:
            return None
        line, column = self._place(self._at)
        inner = self.text[self._at + 2 : end - 2]
        self._at = end
        self._found.append(RawWord((Piece("text", "let", False),), line, column, True))
        return RawWord((Piece("text", inner, True),), line, column, False)

    def _continues(self) -> bool:
        """Goes behind a backslash at the end of a line, also one with blanks after it, which the shell would not."""
        end = self._end_of_line()
        rest = self.text[self._at + 1 : end]
        if rest.strip() or (rest and end == len(self.text)):
            return False
        if rest:
            self._wrong("blanks after the backslash: for the shell the command ends here")
        self._at = end + 1
        self._skip_prompt()
        return True

    def _skip_prompt(self) -> None:
        """A second prompt, ``>``, at the beginning of a continued line."""
        rest = self.text[self._at : self._end_of_line()]
        if rest.lstrip().startswith("> "):
            self._at += rest.index(">") + 1

    def _prompt(self) -> bool:
        """Whether a ``$`` or ``%`` before a command is a prompt of documentation."""
        begins = not self._found or isinstance(self._found[-1], Operator)
        return begins and self.text[self._at] in "$%" and self._ahead(1) in (" ", "\t")

    def _line_end(self) -> Operator | None:
        line, column = self._place(self._at)
        self._at += 1
        for mark, expands, strips, index in self._awaited:
            self._here_document(mark, expands, strips, index)
        self._awaited.clear()
        rest = self.text[self._at : self._end_of_line()]
        option = rest.lstrip()
        if self._takes_options() and option.startswith(("--", *_DASHES)) and option[1:2].strip():
            self._at += len(rest) - len(option)
            self._wrong("a line begins with an option: the backslash at the end of the line before is missing")
            return None
        return Operator("\n", line, column)

    def _takes_options(self) -> bool:
        """Whether the command that ends here is one of a cluster, whose options begin no line by themselves."""
        first = None
        for token in reversed(self._found):
            if isinstance(token, Operator):
                break
            first = token
        return isinstance(first, RawWord) and first.plain in ("aws", "kubectl", "helm", "hyp")

    def _operator(self) -> Operator | None:
        for text in _OPERATORS:
            if self.text.startswith(text, self._at) and not self.text.startswith(("&>",), self._at):
                line, column = self._place(self._at)
                self._at += len(text)
                return Operator(text, line, column)
        return None

    def _redirect(self) -> Redirect | None:
        start = self._at
        number = self.text[start : start + 1].isdigit() and self._ahead(1) in ("<", ">")
        at = start + number
        text = next((one for one in _REDIRECTS if self.text.startswith(one, at)), None)
        if text is None or (text == "<" and (self._is_placeholder(at) or self.text.startswith("<(", at))):
            return None
        errors = number and self.text[start] not in "01"
        self._at = at + len(text)
        while self._ahead(0) in (" ", "\t") and self._ahead(0):
            self._at += 1
        if self._ahead(0) in ("", "\n"):
            return Redirect(text)
        target = self._word()
        if text in ("<<", "<<-"):
            mark = "".join(piece.text for piece in target.pieces)
            self._awaited.append((mark, target.bare, text == "<<-", len(self._found)))
        return Redirect(text, target, errors=errors)

    def _here_document(self, mark: str, expands: bool, strips: bool, index: int) -> None:
        """Reads the lines up to the mark and puts them into the redirection at ``index``."""
        line, start = self._place(self._at)[0], self._at
        lines = []
        while self._at < len(self.text):
            end = self._end_of_line()
            one = self.text[self._at : end]
            self._at = min(end + 1, len(self.text))
            if (one.lstrip("\t") if strips else one) == mark:
                break
            lines.append(one.lstrip("\t") if strips else one)
        else:
            self._wrong(f"the here-document is never closed; a line with {mark} alone is missing", start)
            self._broken = True
        text = "\n".join(lines) + "\n"
        pieces = tuple(Lexer(text, self.complain).pieces_of_text()) if expands else (Piece("text", text, True),)
        known = self._found[index]
        assert isinstance(known, Redirect)
        self._found[index] = Redirect(known.text, known.target, RawWord(pieces, line, 0, False))

    def pieces_of_text(self) -> Iterator[Piece]:
        """The whole text as pieces, in which only variables and commands are special."""
        plain = ""
        while self._at < len(self.text):
            letter = self.text[self._at]
            if letter == "\\" and self._ahead(1) in ("$", "`", "\\"):
                plain += self._ahead(1)
                self._at += 2
            elif letter in "$`":
                if plain:
                    yield Piece("text", plain, True)
                plain = ""
                yield self._special(True)
            else:
                plain += letter
                self._at += 1
        if plain:
            yield Piece("text", plain, True)

    # -- words --------------------------------------------------------------------------------------------

    def _word(self) -> RawWord:
        line, column = self._place(self._at)
        pieces: list[Piece] = []
        bare, pattern = True, self._is_compared()
        if self.text[self._at] in _DASHES:
            self._wrong("a long dash; options begin with two hyphens, --")
            pieces.append(Piece("text", "--", False))
            self._at += 1
            while self._ahead(0) and self._ahead(0) in f"-{_DASHES}":
                self._at += 1
        while self._at < len(self.text):
            letter = self.text[self._at]
            if letter == "<" and self._ahead(1) == "(" and not pieces:
                self._at += 1
                pieces.append(Piece("file", self._enclosed("(")[1:-1], False))
                continue
            if letter in " \t\n" or (letter in ";|&()" and not pattern) or self.text.startswith("`\n", self._at):
                break
            if letter in "<>" and not pattern and (pieces or not self._is_placeholder(self._at)):
                break
            if letter in "'\"" or letter in _QUOTES:
                bare = False
                pieces += self._quoted(letter)
            elif escaped := _WITH_ESCAPES.match(self.text, self._at):
                bare, self._at = False, escaped.end()
                inner = re.sub(r"\\(.)", lambda one: _ESCAPES.get(one[1], one[0]), escaped[1])
                pieces.append(Piece("text", inner, True))
            elif letter in "$`":
                pieces.append(self._special(False))
            elif letter == "<":
                pieces.append(Piece("text", self._enclosed("<"), False))
            elif letter == "\\":
                if self._continues():
                    continue
                pieces.append(Piece("text", self.text[self._at + (not pattern) : self._at + 2], not pattern))
                self._at += 2
            else:
                pieces.append(Piece("text", letter, False))
                self._at += 1
            pieces = _joined(pieces)
        return RawWord(tuple(pieces), line, column, bare)

    def _is_compared(self) -> bool:
        """Whether a pattern comes, behind ``=~``: brackets and the like mean something else in it."""
        before = self._found[-1] if self._found else None
        return isinstance(before, RawWord) and before.plain == "=~"

    def _quoted(self, opening: str) -> list[Piece]:
        start, quote = self._at, _QUOTES.get(opening, opening)
        if opening in _QUOTES:
            self._wrong(f"{opening} is a typographic quote; the shell knows \" and ' only")
        closing = (quote, *(mark for mark, plain in _QUOTES.items() if plain == quote)) if opening in _QUOTES else quote
        self._at += 1
        pieces: list[Piece] = []
        plain = ""
        while self._at < len(self.text) and self.text[self._at] not in closing:
            letter = self.text[self._at]
            if quote == '"' and letter in "$`":
                pieces.append(Piece("text", plain, True))
                plain = ""
                pieces.append(self._special(True))
            elif quote == '"' and letter == "\\" and self._ahead(1) in (*_ESCAPED, "\n"):
                plain += self._ahead(1).replace("\n", "")
                self._at += 2
            else:
                plain += letter
                self._at += 1
        if self._at >= len(self.text):
            self._wrong(f"the quote {opening} that is opened here is never closed", start)
            self._broken = True
        self._at += 1
        return [*pieces, Piece("text", plain, True)]

    def _special(self, quoted: bool) -> Piece:
        """A variable or a command that stands for its output."""
        if self.text[self._at] == "`":
            end = self._at + 1
            while end < len(self.text) and self.text[end] != "`":
                end += 1 + (self.text[end] == "\\")
            inner = self.text[self._at + 1 : end].replace("\\`", "`")
            self._at = end + 1
            return Piece("command", inner, quoted)
        self._at += 1
        following = self._ahead(0)
        if following in ("(", "{") and following:
            inner = self._enclosed(following)[1:-1]
            return Piece("command" if following == "(" else "variable", inner, quoted)
        if following and following in "?#@*!$0123456789":
            self._at += 1
            return Piece("variable", following, quoted)
        start = self._at
        while self._ahead(0).isalnum() or self._ahead(0) == "_":
            self._at += 1
        name = self.text[start : self._at]
        return Piece("variable", name, quoted) if name else Piece("text", "$", quoted)

    def _enclosed(self, opening: str) -> str:
        """Everything up to the closing bracket, blanks and quotes included."""
        start = self._at
        end = closing(self.text, start) if opening == "(" else None
        if end is not None:
            self._at = end
            return self.text[start:end]
        depth = 0
        while self._at < len(self.text):
            letter = self.text[self._at]
            depth += (letter == opening) - (letter == _CLOSING[opening])
            self._at += 1
            if depth == 0:
                break
        return self.text[start : self._at]

    def _is_placeholder(self, at: int) -> bool:
        """Whether an angle bracket opens a placeholder such as ``<your cluster ARN>``."""
        if self.text[at] != "<" or self.text[at + 1 : at + 2] in ("", " ", "<", "&", "/", ".", "\n", "("):
            return False
        return ">" in self.text[at : self._end_of_line()]

    # -- places -------------------------------------------------------------------------------------------

    def _ahead(self, count: int) -> str:
        return self.text[self._at + count : self._at + count + 1]

    def _end_of_line(self) -> int:
        found = self.text.find("\n", self._at)
        return len(self.text) if found < 0 else found

    def _place(self, at: int) -> tuple[int, int]:
        return self.text.count("\n", 0, at), at - (self.text.rfind("\n", 0, at) + 1)

    def _wrong(self, message: str, at: int | None = None) -> None:
        self.complain(*self._place(self._at if at is None else at), message)


def _opens(token: Token) -> bool:
    """Whether a command begins behind a word."""
    return isinstance(token, RawWord) and token.plain in _BEFORE_COMMANDS


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring texts of one kind as one piece."""
    if len(pieces) > 1 and pieces[-1].kind == pieces[-2].kind == "text" and pieces[-1].quoted == pieces[-2].quoted:
        return [*pieces[:-2], Piece("text", pieces[-2].text + pieces[-1].text, pieces[-1].quoted)]
    return pieces
