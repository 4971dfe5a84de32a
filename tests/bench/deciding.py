"""How long a decision takes, by the number of rules; beside zen-engine's decision table with the same rules.

    python -m tests.bench.deciding             all of it, about a minute
    python -m tests.bench.deciding --quick     a look, a few seconds

Ten task types, inputs that rotate, the last rules of each type match. Printed are medians of rounds that take
turns, in microseconds, and ratios. `pip install -e '.[bench]'` brings the rival.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from time import perf_counter

from app.engine.decide import decide
from app.engine.loading import read_rules
from app.engine.ruleset import RuleSet
from app.engine.scope import scope_of
from app.engine.source import SourceFile
from app.model import Callback
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, callback

RIVAL = "zen"

TYPES = 10
LAST = 20  # rules at the end, each of which a call matches

CONSTANT = f"{{instruction: reject, activity_sid: {OFFLINE}}}"
TEMPLATED = (
    '{instruction: call, from: "+18005550101", to: "{{ task.phone }}", '
    'url: "https://example.com/twiml?id={{ task.id | urlencode }}", timeout: "{{ task.timeout }}"}'
)

# What tells one rule of a type from another.
WHENS: Mapping[str, str] = {
    "equality": 'customer == "c{n}"',
    "three terms": 'customer == "c{n}" AND worker.skills HAS "vip" AND priority > 3',
    "IN": 'customer IN ["c{n}", "d{n}", "e{n}"]',
    "ranges": "score >= {n} AND score < {n}.5",
    "CONTAINS": 'path CONTAINS "/{n}/"',
}

Round = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Contest:
    """A number of rules of one kind, and the calls that the last of them match."""

    rules: RuleSet
    calls: Sequence[Callback]


def contest(count: int, when: str, instruction: str = CONSTANT) -> Contest:
    """`count` rules of ten types, and calls for the last ones."""
    lines = ["default: {defer: nothing matched}", "rules:"]
    for n in range(count):
        lines += [
            f"  - name: rule-{n}",
            f"    task_type: type-{n % TYPES}",
            f"    when: {when.format(n=n)}",
            f"    reply: {instruction}",
        ]
    ruleset, problems = read_rules([SourceFile("bench.yaml", "\n".join(lines))], {}, lint=False)
    if ruleset is None:
        raise SystemExit(str(problems[0]))
    return Contest(ruleset, [call(n) for n in range(max(count - LAST, 0), count)])


def call(n: int) -> Callback:
    """The call that rule number n matches, whatever the kind of its `when`."""
    task = {
        "type": f"type-{n % TYPES}",
        "customer": f"c{n}",
        "score": n,
        "path": f"/a/{n}/b",
        "priority": 5,
        "phone": "+14155550100",
        "id": "a b",
        "timeout": 20,
        "call_sid": CALL_SID,
    }
    return callback(task, {"skills": ["sales", "vip"], "contact_uri": "client:alice"})


def matching(contest: Contest) -> Round:
    """Finds the rule of each call once."""
    rules = contest.rules
    scopes = [scope_of(each, rules.variables, MONDAY_NOON) for each in contest.calls]

    def play() -> None:
        for scope in scopes:
            rules.match(scope)

    return play


def deciding(contest: Contest) -> Round:
    """Decides each call once."""

    def play() -> None:
        for each in contest.calls:
            decide(contest.rules, each, MONDAY_NOON)

    return play


def rival(count: int) -> Round:
    """zen-engine: a decision table of the same equality rules, held by its static loader."""
    inputs = [
        {"id": "t", "name": "type", "field": "type"},
        {"id": "c", "name": "customer", "field": "customer"},
    ]
    outputs = [{"id": "r", "name": "rule", "field": "rule"}]
    rows = [
        {"_id": str(n), "t": f'"type-{n % TYPES}"', "c": f'"c{n}"', "r": f'"rule-{n}"'} for n in range(count)
    ]
    table = {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": rows}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
        {
            "id": "table",
            "type": "decisionTableNode",
            "name": "table",
            "position": {"x": 0, "y": 0},
            "content": table,
        },
        {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 0, "y": 0}},
    ]
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    engine = import_module(RIVAL).ZenEngine(
        {"loader": {"type": "static", "content": {"rules": {"nodes": nodes, "edges": edges}}}}
    )
    tasks = [{"type": f"type-{n % TYPES}", "customer": f"c{n}"} for n in range(max(count - LAST, 0), count)]
    found = engine.evaluate("rules", tasks[-1])["result"]
    if found != {"rule": f"rule-{count - 1}"}:
        raise SystemExit(f"zen-engine decides otherwise: {found}")

    def play() -> None:
        for task in tasks:
            engine.evaluate("rules", task)

    return play


def microseconds(rounds: Mapping[str, tuple[Round, int]], repeat: int, at_least: float) -> dict[str, float]:
    """The median time of one call in each contest. They take turns, so that a noisy neighbour meets all."""
    times: dict[str, list[float]] = {name: [] for name in rounds}
    for _ in range(repeat):
        for name, (play, calls) in rounds.items():
            played, began = 0, perf_counter()
            while (took := perf_counter() - began) < at_least:
                play()
                played += calls
            times[name].append(took / played * 1e6)
    return {name: median(taken) for name, taken in times.items()}


def table(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Prints rows in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sys.stdout.write(f"\n{title}\n")
    for row in rows:
        cells = [
            f"{cell:<{width}}" if n == 0 else f"{cell:>{width}}"
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        sys.stdout.write("  " + "  ".join(cells) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rules and shorter rounds")
    quick = parser.parse_args(arguments).quick
    sizes = (10, 100) if quick else (10, 1_000, 10_000)
    repeat, at_least = (3, 0.005) if quick else (9, 0.05)
    by_size(sizes, repeat, at_least)
    whole(sizes, repeat, at_least)
    beside(sizes, repeat, at_least)


def by_size(sizes: Sequence[int], repeat: int, at_least: float) -> None:
    """The match alone, by the kind of `when`."""
    rows = [["when", *(f"{size:,}" for size in sizes), "largest/smallest"]]
    for name, when in WHENS.items():
        contests = {size: contest(size, when) for size in sizes}
        rounds = {str(size): (matching(each), len(each.calls)) for size, each in contests.items()}
        taken = list(microseconds(rounds, repeat, at_least).values())
        rows.append([name, *(f"{each:.2f}" for each in taken), f"{taken[-1] / taken[0]:.1f}x"])
    table("match, µs, by the number of rules", rows)


def whole(sizes: Sequence[int], repeat: int, at_least: float) -> None:
    """The decision beside the match."""
    rows = [["instruction", "rules", "match", "decide", "difference"]]
    for name, instruction in (("constant", CONSTANT), ("three templates", TEMPLATED)):
        for size in sizes:
            each = contest(size, WHENS["equality"], instruction)
            rounds = {"match": (matching(each), len(each.calls)), "decide": (deciding(each), len(each.calls))}
            taken = microseconds(rounds, repeat, at_least)
            match, decided = taken["match"], taken["decide"]
            rows.append([name, f"{size:,}", f"{match:.2f}", f"{decided:.2f}", f"{decided - match:.2f}"])
    table("decide, µs", rows)


def beside(sizes: Sequence[int], repeat: int, at_least: float) -> None:
    """The same rules in the rival's table, which finds a rule and no more, as our match does."""
    if not find_spec(RIVAL):
        sys.stdout.write("\nzen-engine is not installed: pip install -e '.[bench]'\n")
        return
    rows = [["rules", "match", "decide", "zen-engine", "zen/match", "zen/decide"]]
    for size in sizes:
        ours = contest(size, WHENS["equality"])
        calls = len(ours.calls)
        rounds = {
            "match": (matching(ours), calls),
            "decide": (deciding(ours), calls),
            "zen": (rival(size), calls),
        }
        taken = microseconds(rounds, repeat, at_least)
        ratios = [f"{taken['zen'] / taken[name]:,.1f}x" for name in ("match", "decide")]
        rows.append([f"{size:,}", *(f"{each:,.2f}" for each in taken.values()), *ratios])
    table("beside zen-engine's decision table, µs", rows)


if __name__ == "__main__":
    main()
