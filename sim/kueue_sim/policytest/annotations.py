"""Messages at lines of a pull request, as GitHub reads them from the output of a workflow."""

from kueue_sim.errors import Place


def annotation(level: str, place: Place | None, title: str, text: str) -> str:
    """One workflow command; its special characters are escaped."""
    where = [] if place is None else [f"file={_property(place.file)}", f"line={place.line}", f"col={place.column}"]
    body = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{level} {','.join([*where, f'title={_property(title)}'])}::{body}"


def _property(text: str) -> str:
    for letter, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(letter, escaped)
    return text
