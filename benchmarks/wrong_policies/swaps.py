"""Systematic swaps of comparisons, operators and constants."""

import ast
import random

from benchmarks.wrong_policies.mutant import POLICY, Mutant

_SWAPS: dict[type[ast.cmpop] | type[ast.operator] | type[ast.boolop], type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def _places(tree: ast.Module) -> list[tuple[str, int, int]]:
    """What could be swapped: description, number of the node in walking order, line."""
    found = []
    for number, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SWAPS:
            found.append((f"{type(node.ops[0]).__name__} swapped", number, line))
        elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in _SWAPS:
            found.append((f"{type(node.op).__name__} swapped", number, line))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
            found.append((f"{node.func.id} swapped", number, line))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            found.append(("not removed", number, line))
        elif isinstance(node, ast.Constant) and node.value in (0, 1) and not isinstance(node.value, bool):
            found.append((f"{node.value} increased", number, line))
    return found


def _swapped(source: str, number: int) -> str:
    tree = ast.parse(source)
    node = list(ast.walk(tree))[number]
    if isinstance(node, ast.Compare):
        node.ops = [_SWAPS[type(node.ops[0])]()]
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        node.op = _SWAPS[type(node.op)]()
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        node.func.id = "max" if node.func.id == "min" else "min"
    elif isinstance(node, ast.Constant):
        node.value += 1  # type: ignore[operator]
    else:
        assert isinstance(node, ast.UnaryOp)
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
    return ast.unparse(ast.fix_missing_locations(tree))


def systematic(most: int, seed: int) -> list[Mutant]:
    """A sample of all swaps, spread over all files of the policy in proportion to what they offer."""
    every = []
    for path in sorted(POLICY.rglob("*.py")):
        source, file = path.read_text(encoding="utf-8"), path.relative_to(POLICY).as_posix()
        every += [(what, file, number, line) for what, number, line in _places(ast.parse(source))]
    chosen = random.Random(seed).sample(every, min(most, len(every)))
    return [
        Mutant(what, file, line, _swapped((POLICY / file).read_text(encoding="utf-8"), number))
        for what, file, number, line in sorted(chosen, key=lambda item: (item[1], item[3]))
    ]
