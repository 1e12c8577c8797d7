"""What do commands of ``kubectl`` do to nodes? They are closed and opened, get taints, and lose some."""

from collections.abc import Collection, Sequence

from kueue_sim.inputs.shell.words import Word
from kueue_sim.inputs.steps.course import Course
from kueue_sim.inputs.steps.kubectl import Kubectl
from kueue_sim.inputs.steps.live_objects import Identity, LiveObjects
from kueue_sim.inputs.steps.setup import Setup
from kueue_sim.inputs.text.field import Field


def closed(course: Course, setup: Setup, live: LiveObjects, one: Kubectl, chosen: Collection[Identity]) -> bool | None:
    """``cordon``, ``uncordon`` and ``drain`` of nodes that are named, also as ``node/n1``, or ``chosen`` by their
    labels."""
    named = [(word, word.text.rpartition("/")[2]) for word in one.words]
    for word, name in [*named, *((one.word, name) for _, _, name in chosen)]:
        if not (setup.has_nodes() or ("Node", "", name) in live.known):
            course.note(word.line, f"no nodes are described here; kubectl {one.verb} is passed over")
            continue
        course.happens(word, one.verb, {"node": name}, (), "")
    if "selector" in one.options and not chosen:
        selector = one.options["selector"].text
        course.note(one.word.line, f"no node here has {selector}; kubectl {one.verb} does nothing")
    return True


def tainted(course: Course, setup: Setup, live: LiveObjects, one: Kubectl, chosen: Collection[Identity]) -> bool | None:
    """Taints of nodes that are named, or ``chosen`` by their labels; they count for pods that come later, and
    drive off those that do not tolerate NoExecute."""
    taints = [word for word in one.words[1:] if ":" in word.text or word.text.endswith("-")]
    names = [word.text for word in one.words[1:] if word not in taints]
    every = "all" in one.options
    known = [key for key in live.known if key[0] == "Node" and (key[2] in names or every or key in chosen)]
    if not known:
        course.pass_over("kubectl taint", one.word)
        return None
    for kind, space, name in known:
        after = _with_taints(live.known[kind, space, name].manifest.get("spec", "taints").value, taints)
        patch = course.at(one.word, {"spec": {"taints": after}})
        live.patch((kind, space, name), patch)
        if course.setting_up:
            setup.patch(kind, space, name, patch)
        else:
            course.happens(one.word, "taint", {"node": name, "taints": after}, (), "")
    return True


def changed(course: Course, before: Field, after: Field, word: Word, name: str) -> None:
    """What a patch or new labels of a node mean during a run: it may be closed, open, or have other taints."""
    was, is_now = (bool(item.get("spec", "unschedulable").value) for item in (before, after))
    if was != is_now:
        course.happens(word, "cordon" if is_now else "uncordon", {"node": name}, (), "")
    had, has = (item.get("spec", "taints").value or [] for item in (before, after))
    if had != has:
        course.happens(word, "taint", {"node": name, "taints": has}, (), "")
    if before.get("metadata", "labels").value != after.get("metadata", "labels").value:
        course.note(word.line, f"Node {name} keeps its labels: those that change during a run are not followed")


def _with_taints(taints: object, words: Sequence[Word]) -> list[object]:
    """The taints of a node after ``key=value:Effect`` sets some; ``key-`` and ``key:Effect-`` take some away."""
    found = [one for one in taints if isinstance(one, dict)] if isinstance(taints, list) else []
    for word in words:
        text = word.text.removesuffix("-")
        rest, _, effect = text.partition(":")
        key, _, value = rest.partition("=")
        found = [one for one in found if one.get("key") != key or effect not in ("", one.get("effect"))]
        if text == word.text:
            found.append({"key": key, **({"value": value} if value else {}), "effect": effect})
    return list(found)
