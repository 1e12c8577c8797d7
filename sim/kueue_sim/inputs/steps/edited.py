"""What do ``sed``, ``printf``, ``echo`` and ``tr`` make of texts? As far as they are used to fill in templates."""

import re
from collections.abc import Sequence

_SIGNS = {"n": "\n", "t": "\t", "\\": "\\", '"': '"'}
_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_RANGES = {"[:upper:]": _UPPER, "A-Z": _UPPER, "[:lower:]": _LOWER, "a-z": _LOWER}
_PLACE = re.compile(r"%%|%[-0-9.]*[sdib]")
_OPTIONS = ("-e", "-i", "-i.bak", "", "--in-place", "--expression")
_LONGEST = 1_000_000
_TURNED = str.maketrans({"(": "\\(", ")": "\\)", "+": "\\+", "?": "\\?", "|": "\\|", "{": "\\{", "}": "\\}"})


def edited(words: Sequence[str], text: str) -> str | None:
    """What ``sed s/A/B/`` makes of a text; None for any other command of sed."""
    extended = any(word in ("-E", "-r") for word in words)
    for word in words:
        if word in (*_OPTIONS, "-E", "-r"):
            continue
        for one in re.split(r"\s*[;\n]\s*(?=s[/|#,:@])", word.removeprefix("-e").removeprefix("--expression=")):
            changed = _substituted(one.strip("; \n"), text, extended)
            if changed is None:
                return None
            text = changed
    return text


def _substituted(command: str, text: str, extended: bool) -> str | None:
    found = re.fullmatch(r"s(?P<by>[/|#,:@])((?:\\.|.)*?)(?P=by)((?:\\.|.)*?)(?P=by)(g?)", command, re.DOTALL)
    if found is None or len(text) > _LONGEST:
        return None
    by = found["by"]
    old, new = (one.replace(f"\\{by}", by) for one in (found[2], found[3]))
    try:
        pattern = re.compile(old if extended else _turned(old), re.MULTILINE)
    except re.error:
        return None
    put = re.sub(r"\\(\d)|\\(.)|(&)", lambda at: _put(at[1], at[2], at[3]), new.replace("\\n", "\n"))
    lines = text.split("\n")
    try:
        return "\n".join(pattern.sub(put, line, count=0 if found[4] else 1) for line in lines)
    except re.error:
        return None


def _put(number: str | None, letter: str | None, whole: str | None) -> str:
    if number is not None or whole is not None:
        return f"\\g<{number or 0}>"
    return "\\\\" if letter == "\\" else str(letter)


def _turned(pattern: str) -> str:
    """A basic expression of sed as one of ``re``: there brackets, + and ? mean themselves without a backslash."""
    parts = re.split(r"(\\.|\[\^?\]?[^]]*\])", pattern)
    plain = [
        part[1] if part in ("\\(", "\\)", "\\+", "\\?", "\\|", "\\{", "\\}")
        else part if index % 2 else part.translate(_TURNED)
        for index, part in enumerate(parts)
    ]  # fmt: skip
    return re.sub(r"(?<!\\)\$(?!$|\))", r"\\$", "".join(plain))


def said(name: str, words: Sequence[str]) -> str:
    """What ``echo`` and ``printf`` print."""
    if name == "printf":
        return _formatted(_signs(words[0]), words[1:]) if words else ""
    end, signs = "\n", False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        end, signs = "" if "n" in words[0] else end, "e" in words[0] or signs
        words = words[1:]
    text = " ".join(words)
    return (_signs(text) if signs else text) + end


def _signs(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _SIGNS.get(found[1], found[0]), text)


def _formatted(form: str, words: Sequence[str]) -> str:
    """What ``printf FORM WORD…`` prints; the form is used again until no word is left."""
    number = sum(place != "%%" for place in _PLACE.findall(form))
    result = _filled(form, words[:number])
    for at in range(number, len(words) if number else 0, max(1, number)):
        result += _filled(form, words[at : at + number])
    return result


def _filled(form: str, words: Sequence[str]) -> str:
    rest = iter(words)

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        word = next(rest, "")
        if found[0][-1] in "di":
            return found[0].replace("i", "d") % int(word if re.fullmatch(r"-?\d{1,18}", word) else 0)
        return found[0].replace("b", "s") % word

    return _PLACE.sub(put, form)


def translated(words: Sequence[str], text: str) -> str | None:
    """What ``tr`` makes of a text; None for what is not followed."""
    if len(words) != 2:
        return None
    if words[0] == "-d":
        return "".join(letter for letter in text if letter not in _signs(words[1]))
    old, new = (_RANGES.get(word, _signs(word)) for word in words)
    if words[0].startswith("-") or not new or (len(old) != len(new) and len(new) != 1):
        return None
    return text.translate(str.maketrans(old, new if len(new) == len(old) else new * len(old)))
