"""What number does ``$((…))`` stand for? Whole numbers and variables, with the operators of the shell."""

import ast
import operator
import re
from collections.abc import Callable, Mapping

_OPERATORS: Mapping[type[ast.AST], Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
_LARGEST = 2**63
_CHOICE = re.compile(r"^(?P<condition>[^?]+)\?(?P<yes>[^:?]+):(?P<no>.+)$")
_WITH_BASE = re.compile(r"\b(\d{1,2})#([\w?]+)")
"""``10#08``, a number of a base, which is 10 so that a zero before it means nothing."""


class _Unknown(Exception):
    """No number that is known."""


def number(text: str, variables: Mapping[str, str | None]) -> int | None:
    """The value; None where a variable is unknown, or for what no shell would calculate. Unset variables are 0."""
    plain = re.sub(r"#\$\{?(\w+)\}?", lambda found: f"#{variables.get(found[1]) or '?'}", text)
    plain = re.sub(r"\$\{?(\w+)\}?", r"\1", plain).strip()
    try:
        plain = _WITH_BASE.sub(lambda found: str(int(found[2], int(found[1]))), plain)
    except ValueError:
        return None
    choice = _CHOICE.match(plain)
    if choice is not None:
        condition = number(choice["condition"], variables)
        return None if condition is None else number(choice["yes" if condition else "no"], variables)
    plain = re.sub(r"!(?!=)", " not ", plain.replace("&&", " and ").replace("||", " or ")).strip()
    try:
        return _value(ast.parse(plain or "0", mode="eval").body, variables)
    except (_Unknown, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _value(node: ast.AST, variables: Mapping[str, str | None]) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return _bounded(node.value)
    if isinstance(node, ast.Name):
        text = variables.get(node.id, "0") or ("" if variables.get(node.id, "0") == "" else "?")
        if not re.fullmatch(r"\s*(-?\d{1,18})?\s*", text):
            raise _Unknown
        return int(text or 0)
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, variables)
        return int(not inner) if isinstance(node.op, ast.Not) else -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BoolOp):
        parts = [_value(one, variables) for one in node.values]
        return int(all(parts) if isinstance(node.op, ast.And) else any(parts))
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _of_two(node.ops[0], _value(node.left, variables), _value(node.comparators[0], variables))
    if isinstance(node, ast.BinOp):
        return _of_two(node.op, _value(node.left, variables), _value(node.right, variables))
    raise _Unknown


def _of_two(sign: ast.AST, left: int, right: int) -> int:
    if isinstance(sign, ast.Div | ast.Mod):
        if right == 0:
            raise _Unknown
        whole = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return whole if isinstance(sign, ast.Div) else left - whole * right
    if isinstance(sign, ast.Pow) and 0 <= right <= 63:
        return _bounded(left**right)
    if isinstance(sign, ast.LShift | ast.RShift) and not 0 <= right <= 63:
        raise _Unknown
    if type(sign) not in _OPERATORS:
        raise _Unknown
    return _bounded(int(_OPERATORS[type(sign)](left, right)))


def _bounded(value: int) -> int:
    if not -_LARGEST <= value < _LARGEST:
        raise _Unknown
    return value
