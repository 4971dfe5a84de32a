"""R018 constants-compared (warning): a comparison of two constants, which is the same for every call.

`"skills" HAS "english"` asks whether the text skills holds another text: in quotes, a name is text. Write
`worker.skills HAS "english"`.

`1 == 1` always holds. Leave it out, and the whole `when` where nothing else stands in it: a rule without
`when` matches every call. To switch a rule off, write `enabled: false`.

Wrong:

    rules:
      - name: english
        when: '"worker.skills" HAS "english"'
        reply: {instruction: accept}

Right:

    rules:
      - name: english
        when: worker.skills HAS "english"
        reply: {instruction: accept}
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions import Constant, show_constant
from app.engine.expressions.meaning import compare
from app.engine.expressions.tree import Comparison
from app.engine.written import Written, without_quotes
from app.model import Problem

CHECK = Check.CONSTANTS_COMPARED


def find(written: Written) -> Iterator[Problem]:
    """Comparisons of two constants; what `vars` holds is a setting, and counts as none."""
    for comparison in written.comparisons:
        left, right = comparison.tree.left, comparison.tree.right
        if isinstance(left, Constant) and isinstance(right, Constant):
            quoted = _quoted_reference(comparison.operator, left, right)
            if quoted:
                message = f"both sides are constants: {show_constant(quoted.value)} in quotes is text"
                yield comparison.warning(CHECK, quoted, message, without_quotes(quoted.value))
            else:
                yield comparison.warning(CHECK, left, *_said(comparison.tree, left, right))


def _quoted_reference(operator: str, left: Constant, right: Constant) -> Constant | None:
    """The side that looks like a name in quotes: where the operator wants an attribute."""
    if left.value == right.value:
        return None
    right_is_list, left_is_list = isinstance(right.value, list), isinstance(left.value, list)
    is_right = left_is_list if operator == "HAS" else operator in {"IN", "NOT IN"} and not right_is_list
    side = right if is_right else left
    return side if isinstance(side.value, str) and without_quotes(side.value) else None


def _said(comparison: Comparison, left: Constant, right: Constant) -> tuple[str, str]:
    if compare(comparison, left.value, right.value):
        return (
            "both sides are constants: this always holds",
            "leave it out; a rule without `when` always matches",
        )
    return "both sides are constants: this never holds", "to switch the rule off, write enabled: false"
