"""Strategies for hypothesis: trees of expressions, and attribute documents of any shape."""

from hypothesis import strategies as st

from app.engine.expressions.tree import (
    ROOTS,
    And,
    Comparison,
    Constant,
    Expression,
    Not,
    Operand,
    Or,
    Reference,
)

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "CONTAINS", "HAS", "IN", "NOT IN")
ZONES = ("Europe/Paris", "America/New_York", "Asia/Kolkata", "UTC")
CLOCK = ("currentTime", "currentHour", "currentMin", "dayOfWeek")

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**20), max_value=10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.text(alphabet="\\\"'()[]AND ", max_size=8)
)
CONSTANTS = st.builds(Constant, SCALARS | st.lists(SCALARS, max_size=3))
REFERENCES = st.builds(
    lambda root, name, steps: Reference(root, (name, *steps)),
    st.sampled_from(ROOTS),
    NAMES | st.sampled_from(["in", "not", "true", "AND", *ROOTS]),
    st.lists(NAMES | st.integers(0, 99), max_size=3),
)
CLOCKS = st.builds(
    lambda name, zone: Reference("taskrouter", (name,), 0, zone),
    st.sampled_from(CLOCK),
    st.none() | st.sampled_from(ZONES),
)


def trees(operands: st.SearchStrategy[Operand]) -> st.SearchStrategy[Expression]:
    """Expressions of these operands, with all operators and any nesting."""
    comparisons: st.SearchStrategy[Expression] = st.builds(
        Comparison, st.sampled_from(OPERATORS), operands, operands
    ) | st.builds(
        lambda left, pattern: Comparison("MATCHES", left, Constant(pattern)),
        operands,
        st.sampled_from(["a", "^a", "b$", "^[a-z]+$", r"\d", "é"]),
    )
    return st.recursive(
        comparisons,
        lambda terms: st.one_of(
            st.builds(Not, terms),
            st.builds(And, st.lists(terms, min_size=2, max_size=3).map(tuple)),
            st.builds(Or, st.lists(terms, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=5,
    )


WRITTEN = trees(st.one_of(CONSTANTS, REFERENCES, CLOCKS))
"""Any expression that can be written; it need not make sense."""

# Few names and values, so that they meet.
_FEW = st.sampled_from(
    [None, True, False, 0, 1, 2, 1.0, 2.5, 10**30, "", "a", "ab", "b", "1", "true", "Mon", "sat"]
)
_KEYS = st.sampled_from(["a", "b"])
DOCUMENTS = st.recursive(
    _FEW,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(_KEYS, values, max_size=2),
    max_leaves=5,
)
TASKS = st.dictionaries(_KEYS, DOCUMENTS, max_size=2)
VARIABLES = {"a": "a", "b": ["a", 1, None], "c": {"d": 2}}
MEETING = trees(
    st.one_of(
        st.builds(Constant, _FEW | st.lists(_FEW, max_size=3)),
        st.builds(
            Reference,
            st.sampled_from(["task", "task", "task", "worker", "callback", "vars"]),
            st.sampled_from(
                [("a",), ("b",), ("a", "b"), ("a", 0), ("b", 1, "a"), ("sid",), ("TaskAge",), ("c", "d")]
            ),
        ),
        CLOCKS,
    )
)
"""Expressions about the documents of TASKS and the vars of VARIABLES."""
