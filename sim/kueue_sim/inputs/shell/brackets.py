"""Where is a bracket of a shell text closed?"""


def closing(text: str, at: int) -> int | None:
    """Where the bracket that opens at ``at`` is closed, the position behind it; brackets in quotes do not count. None
    when it is not closed like that."""
    depth, quote = 0, ""
    while at < len(text):
        letter = text[at]
        if letter == "\\" and quote != "'":
            at += 1
        elif quote and letter == quote:
            quote = ""
        elif quote == '"' and text.startswith("$(", at):
            inner = closing(text, at + 1)
            if inner is None:
                return None
            at = inner - 1
        elif not quote and letter in "'\"":
            quote = letter
        elif not quote:
            depth += (letter == "(") - (letter == ")")
            if depth == 0:
                return at + 1
        at += 1
    return None
