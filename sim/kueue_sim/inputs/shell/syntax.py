"""How is a shell script built? Commands, pipelines, conditions, loops and functions of its tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kueue_sim.inputs.shell.lexer import Lexer
from kueue_sim.inputs.shell.loops import COUNTING
from kueue_sim.inputs.shell.nodes import (
    Background,
    Body,
    Case,
    Chain,
    For,
    Function,
    Group,
    If,
    Node,
    Pipeline,
    Simple,
    While,
)
from kueue_sim.inputs.shell.tokens import Complain, Operator, Piece, RawWord, Redirect, Token

_ENDS = ("then", "elif", "else", "fi", "do", "done", "esac", "}")


def parse_script(text: str, complain: Complain) -> Body:
    """The commands of a text in order; what cannot be understood is complained about and left out."""
    return _Parser(Lexer(text, complain).all(), complain, text.splitlines()).script()


@dataclass(slots=True)
class _Parser:
    tokens: Sequence[Token]
    complain: Complain
    lines: Sequence[str] = ()
    at: int = 0
    _told: set[int] = field(default_factory=set)

    def script(self) -> Body:
        body: list[Node] = []
        while self.at < len(self.tokens):
            body += self.body(())
            token = self.peek()
            if token is not None:
                self._wrong(token, f"{_text(token)!r} has no beginning")
                self.at += 1
        return tuple(body)

    def body(self, ends: Sequence[str]) -> Body:
        """Commands up to one of these words, which is left to be read, or to the end."""
        found: list[Node] = []
        while True:
            self._skip(";", "\n", "&")
            token = self.peek()
            if token is None or self._word() in ends or self._is(")", ";;") or self._word() in _ENDS:
                return tuple(found)
            chain = self.chain()
            found.append(Background(chain) if self._is("&") else chain)

    def chain(self) -> Node:
        parts: list[tuple[str, Node]] = [("", self.pipeline())]
        while self._is("&&", "||"):
            operator = _text(self._take())
            self._skip("\n")
            parts.append((operator, self.pipeline()))
        return parts[0][1] if len(parts) == 1 else Chain(tuple(parts))

    def pipeline(self) -> Node:
        negated = False
        while self._word() == "!":
            negated = not negated
            self.at += 1
        commands = [self.command()]
        while self._is("|", "|&"):
            self.at += 1
            self._skip("\n")
            commands.append(self.command())
        return commands[0] if len(commands) == 1 and not negated else Pipeline(tuple(commands), negated)

    def command(self) -> Node:
        word = self._word()
        compound = {
            "if": self._if, "for": self._for, "select": self._select, "while": self._while, "until": self._while,
            "case": self._case, "function": self._function, "{": self._braces,
        }  # fmt: skip
        if word in compound:
            node = compound[word]()
        elif self._is("("):
            node = self._parentheses()
        elif self._names_function():
            node = self._function()
        else:
            return self._simple()
        while isinstance(self.peek(), Redirect):
            self.at += 1
        return node

    # -- commands of several commands ---------------------------------------------------------------------

    def _if(self) -> Node:
        line = self._take().line  # type: ignore[union-attr]
        branches: list[tuple[Body, Body]] = []
        otherwise: Body = ()
        while True:
            condition = self.body(("then",))
            self._expect("then")
            branches.append((condition, self.body(("elif", "else", "fi"))))
            if self._word() != "elif":
                break
            self.at += 1
        if self._word() == "else":
            self.at += 1
            otherwise = self.body(("fi",))
        self._expect("fi")
        return If(tuple(branches), otherwise, line)

    def _for(self) -> Node:
        line = self._take().line  # type: ignore[union-attr]
        if self._is("("):
            return self._counted(line)
        name, words = self._word(), []
        self.at += 1
        self._skip("\n")
        if self._word() == "in":
            self.at += 1
            while isinstance(token := self.peek(), RawWord):
                words.append(token)
                self.at += 1
        self._skip(";", "\n")
        self._expect("do")
        body = self.body(("done",))
        self._expect("done")
        return For(name, tuple(words), body, line)

    def _counted(self, line: int) -> Node:
        """A loop that counts up, ``for ((i=0; i<3; i++))``; of any other only the end is looked for."""
        head = COUNTING.search(self.lines[line]) if line < len(self.lines) else None
        while self.peek() is not None and self._word() != "do":
            self.at += 1
        self._expect("do")
        body = self.body(("done",))
        self._expect("done")
        if head is not None:
            numbers = f"seq {head['start']} $(({head['end']} - {int(head['strict'] == '<')}))"
            return For(head["name"], (RawWord((Piece("command", numbers, False),), line, 0, True),), body, line)
        return While(body, line)

    def _select(self) -> Node:
        """A menu, whose answer is typed."""
        return self._counted(self._take().line)  # type: ignore[union-attr]

    def _while(self) -> Node:
        until = self._word() == "until"
        line = self._take().line  # type: ignore[union-attr]
        condition = self.body(("do",))
        self._expect("do")
        body = self.body(("done",))
        self._expect("done")
        return While(body, line, condition, until, self._redirects())

    def _redirects(self) -> tuple[Redirect, ...]:
        """The redirections behind a loop."""
        found: list[Redirect] = []
        while isinstance(token := self.peek(), Redirect):
            found.append(token)
            self.at += 1
        return tuple(found)

    def _case(self) -> Node:
        line = self._take().line  # type: ignore[union-attr]
        word = self._take()
        self._skip("\n")
        self._expect("in")
        branches: list[tuple[tuple[RawWord, ...], Body]] = []
        self._skip("\n")
        while self.peek() is not None and self._word() != "esac":
            patterns = []
            while not self._is(")") and self.peek() is not None:
                token = self._take()
                patterns += [token] if isinstance(token, RawWord) else []
            self._expect(")")
            branches.append((tuple(patterns), self.body(("esac",))))
            self._skip(";;", "\n")
        self._expect("esac")
        return Case(word if isinstance(word, RawWord) else RawWord((), line, 0, True), tuple(branches), line)

    def _names_function(self) -> bool:
        following = self.tokens[self.at + 1 : self.at + 3]
        return (
            bool(self._word())
            and not self._word().endswith("=")
            and [_text(token) for token in following] == ["(", ")"]
        )

    def _function(self) -> Node:
        if self._word() == "function":
            self.at += 1
        name = self._word()
        self.at += 1
        for bracket in ("(", ")"):
            self.at += self._is(bracket)
        self._skip("\n")
        body = self.command()
        return Function(name, body.body if isinstance(body, Group) else (body,))

    def _braces(self) -> Node:
        self.at += 1
        body = self.body(("}",))
        self._expect("}")
        return Group(body, self._redirects())

    def _parentheses(self) -> Node:
        self.at += 1
        body = self.body(())
        self._expect(")")
        return Group(body, self._redirects(), apart=True)

    def _simple(self) -> Node:
        words: list[RawWord] = []
        redirects: list[Redirect] = []
        lists: list[tuple[RawWord, tuple[RawWord, ...]]] = []
        while (token := self.peek()) is not None:
            tests = bool(words) and words[0].plain == "[["
            inside = tests and words[-1].plain != "]]"
            if tests and not inside and isinstance(token, RawWord):
                break
            if inside and isinstance(token, Operator) and token.text != "\n":
                words.append(RawWord((Piece("text", token.text, False),), token.line, token.column, True))
            elif inside and isinstance(token, Redirect) and token.target is not None and token.text in "<>":
                sign = Piece("text", token.text, False)
                words += [RawWord((sign,), token.target.line, token.target.column, True), token.target]
            elif isinstance(token, RawWord):
                words.append(token)
            elif isinstance(token, Redirect):
                redirects.append(token)
            elif token.text == "(" and words and _assigns_list(words[-1]):
                self.at += 1
                lists.append((words.pop(), self._list_of_words()))
                continue
            else:
                break
            self.at += 1
        if not (words or redirects or lists) and token is not None:
            self._wrong(token, f"{_text(token)!r} is not expected here")
            self.at += 1
        return Simple(tuple(words), tuple(redirects), tuple(lists))

    def _list_of_words(self) -> tuple[RawWord, ...]:
        """The values of a list, ``NAME=(…)``."""
        found = []
        while (token := self.peek()) is not None and not self._is(")"):
            found += [token] if isinstance(token, RawWord) else []
            self.at += 1
        self._expect(")")
        return tuple(found)

    # -- tokens -------------------------------------------------------------------------------------------

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _take(self) -> Token:
        token = self.tokens[min(self.at, len(self.tokens) - 1)]
        self.at += 1
        return token

    def _word(self) -> str:
        token = self.peek()
        return token.plain if isinstance(token, RawWord) else ""

    def _is(self, *operators: str) -> bool:
        token = self.peek()
        return isinstance(token, Operator) and token.text in operators

    def _skip(self, *operators: str) -> None:
        while self._is(*operators):
            self.at += 1

    def _expect(self, text: str) -> None:
        token = self.peek()
        if token is not None and _text(token) == text:
            self.at += 1
        elif token is not None:
            self._wrong(token, f"{text!r} is missing before {_text(token)!r}")
        elif self.tokens:
            self._wrong(self.tokens[-1], f"{text!r} is missing at the end")

    def _wrong(self, token: Token, message: str) -> None:
        """One complaint for each script: after the first it is no longer known what belongs to what."""
        if not self._told:
            place = token.target if isinstance(token, Redirect) and token.target else token
            line, column = (0, 0) if isinstance(place, Redirect) else (place.line, place.column)
            self.complain(line, column, message)
        self._told.add(self.at)


def _text(token: Token) -> str:
    if isinstance(token, RawWord):
        return token.plain or "a word"
    return "the end of the line" if token.text == "\n" else token.text


def _assigns_list(word: RawWord) -> bool:
    return bool(word.pieces) and word.pieces[-1].text.endswith("=")
