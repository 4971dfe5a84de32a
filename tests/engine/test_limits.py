"""How much rules may ask of the machine: hostile files are refused, quickly and in little memory.

Each is read by a process of its own, whose largest memory is what it tells at its end.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.engine.source import MAX_VALUES
from tests.bench.checking import RULES, SHAPES, written
from tests.builders import problems

MEGABYTES_WHEN_REFUSED = 200
SECONDS_WHEN_REFUSED = 10  # a fraction of one, on a machine that does nothing else

READ_FOLDER = """
import json, resource, sys
from pathlib import Path
from time import process_time
from app.rulebook.folder import read_folder

began = process_time()
reading = read_folder(Path(sys.argv[1]), {})
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
said = [[Path(problem.location.file).name, problem.message, problem.hint] for problem in reading.problems]
rules = len(reading.ruleset.rules) if reading.ruleset else None
print(json.dumps({"problems": said, "rules": rules, "megabytes": used, "seconds": process_time() - began}))
"""
DEFAULT = "default: {defer: nobody}\n"


def read(folder: Path) -> dict[str, Any]:
    """What a process of its own finds in a folder, and what that took."""
    # The shell stands between: on Linux a process begins with the largest memory of the one that started it.
    command = ["/bin/sh", "-c", '"$0" "$@"; exit $?', sys.executable, "-c", READ_FOLDER, str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return dict(json.loads(ended.stdout))


def refused(folder: Path) -> dict[str, Any]:
    """What is found in a folder that must be refused, within the limits."""
    found = read(folder)
    assert found["rules"] is None
    assert found["megabytes"] < MEGABYTES_WHEN_REFUSED
    assert found["seconds"] < SECONDS_WHEN_REFUSED
    return found


def levels(first: str, one: str, count: int = 30) -> str:
    """Anchors, each of which holds the one before several times."""
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{n}: &a{n} {one.replace('@', f'*a{n - 1}')}" for n in range(1, count)]
    return "\n".join(lines)


NESTED = "nested more than 50 deep"
ALIASES = "aliases make this larger than 300,000 values"
HOSTILE = {
    "aliases in lists": (levels("x", "[@, @, @, @, @, @, @, @, @, @]"), ALIASES),
    "aliases in objects": (levels("{k: x}", "{a: @, b: @, c: @, d: @, e: @}"), ALIASES),
    "merge keys": (levels("{k: x}", "{<<: @, a: @, b: @, c: @}"), ALIASES),
    "a list of merge keys": (levels("{k: x}", "{<<: [@, @, @, @]}"), ALIASES),
    "aliases below vars": ("vars:\n  " + levels("x", "[@, @, @, @]").replace("\n", "\n  "), ALIASES),
    "aliases in a test": ("tests:\n- task: {" + levels("x", "[@, @, @]").replace("\n", ", ") + "}", ALIASES),
    "lists": ("rules: " + "[" * 100_000 + "]" * 100_000, NESTED),
    "objects": ("vars: " + "{a: " * 100_000 + "1" + "}" * 100_000, NESTED),
    "lists and objects": ("vars: " + "[{a: " * 100_000, NESTED),
    "objects as keys": ("? " * 100_000, NESTED),
    "lists in blocks": ("\n".join(" " * n + "-" for n in range(1_000)), NESTED),
    "objects in blocks": ("rules:\n" + "\n".join(" " * 2 * n + "- a:" for n in range(1_000)), NESTED),
    "brackets in a when": (DEFAULT + "rules: [{name: a, defer: b, when: " + "(" * 100_000 + "}]", "`when`"),
    "terms of a when": (
        DEFAULT + "rules: [{name: a, defer: b, when: " + "NOT (" * 100_000 + "a == 1" + ")" * 100_000 + "}]",
        "`when`",
    ),
    "brackets in a template": (
        DEFAULT
        + "rules: [{name: a, reply: {instruction: reject, activity_sid: '{{ "
        + "(" * 100_000
        + "task.a"
        + ")" * 100_000
        + " }}'}}]",
        "`activity_sid`",
    ),
}


NUMBERS = "a IN [" + ", ".join(map(str, range(300_000))) + "]"
TERMS = " AND ".join(f"a{n} == 1" for n in range(100_000))
CHOICES = " AND ".join(f"(a{n} == 1 OR b{n} > 3)" for n in range(20_000))


@pytest.mark.parametrize("when", [NUMBERS, TERMS, CHOICES], ids=["numbers", "terms", "choices"])
def test_one_expression_that_is_far_too_large(when: str, tmp_path: Path) -> None:
    """It is refused when it was read, before anything is made of it."""
    (tmp_path / "a.yaml").write_text(f"{DEFAULT}rules: [{{name: a, defer: b, when: '{when}'}}]")
    said = "`when`: this holds more than 20,000 comparisons and values"
    hint = "give the call an attribute that says the same in one comparison"
    assert refused(tmp_path)["problems"] == [["a.yaml", said, hint]]


def test_expressions_that_together_are_far_too_large(tmp_path: Path) -> None:
    """A list of `vars` counts in each rule that looks into it."""
    rule = "- {name: rule-@, defer: b, when: x IN vars.many}"
    rules = "\n".join(rule.replace("@", str(n)) for n in range(52))
    numbers = ",".join(map(str, range(9_998)))
    (tmp_path / "a.yaml").write_text(f"{DEFAULT}vars: {{many: [{numbers}]}}\nrules:\n{rules}")
    said = "`when`: with this all rules hold more than 500,000 comparisons and values"
    assert [message for _, message, _ in refused(tmp_path)["problems"]] == [said] * 2


def test_what_is_too_large_to_be_taken_apart_is_said_to_be_undecided(tmp_path: Path) -> None:
    """The rule is read and used: only whether earlier ones cover it is not known."""
    numbers = ", ".join(map(str, range(9_000)))
    rule = f"x IN [{numbers}]"
    (tmp_path / "a.yaml").write_text(
        f"{DEFAULT}rules:\n- {{name: a, defer: b, when: '{rule}'}}\n- {{name: c, defer: b, when: '{rule}'}}"
    )
    found = read(tmp_path)
    reason = "together the conditions hold more than 5,000 comparisons and values"
    assert found["rules"] == 2
    assert [said for _, said, _ in found["problems"]] == [f"whether it can be reached is not known: {reason}"]


TOO_MANY = "the files hold more than 300,000 values together"
MANY = {
    "items": "vars: {a: [" + "1," * 7_900_000 + "1]}",
    "vars": "vars:\n" + "\n".join(f" v{n}: 1" for n in range(900_000)),
    "objects": "rules:\n" + "\n".join(f"- {{a: 'text {n}'}}" for n in range(500_000)),
}


@pytest.mark.parametrize("name", MANY)
def test_more_values_than_a_rule_set_has(name: str, tmp_path: Path) -> None:
    """They are counted while they are read, and no further than that."""
    (tmp_path / "a.yaml").write_text(MANY[name])
    assert [said for _, said, _ in refused(tmp_path)["problems"]] == [TOO_MANY]


def test_more_values_in_many_files(tmp_path: Path) -> None:
    """What all files hold is counted together, and the first that is too much is said, once."""
    for n in range(5):
        (tmp_path / f"{n}.yaml").write_text(f"vars: {{v{n}: [" + "1," * (MAX_VALUES // 2 - 10) + "]}")
    assert [(file, said) for file, said, _ in refused(tmp_path)["problems"]] == [("2.yaml", TOO_MANY)]


def test_more_text_in_many_files(tmp_path: Path) -> None:
    """Seven files, each within the limit of one, are not all read."""
    for n in range(7):
        (tmp_path / f"{n}.yaml").write_text("#" + "x" * 15 * 1024 * 1024)
    said = "with this file the folder holds more than 32 MB of rules"
    hint = "let vars and templates say once what rules repeat"
    assert refused(tmp_path)["problems"] == [["2.yaml", said, hint]]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bomb_is_refused(name: str, tmp_path: Path) -> None:
    """With a message and a way out, before anything is built of it."""
    text, message = HOSTILE[name]
    (tmp_path / "a.yaml").write_text(text)
    found = refused(tmp_path)
    assert any(message in said and hint for _, said, hint in found["problems"]), found


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    """100 MB are refused by the size alone, in the memory that the program takes anyway."""
    (tmp_path / "a.yaml").write_text(DEFAULT)
    without = read(tmp_path)
    with (tmp_path / "b.yaml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    found = refused(tmp_path)
    assert found["problems"] == [["b.yaml", "the file is larger than 16 MB", "split it into several"]]
    assert found["megabytes"] < without["megabytes"] + 10


def test_a_file_of_one_line(tmp_path: Path) -> None:
    """15 MB of text in one value are no rules, and are said to be none."""
    (tmp_path / "a.yaml").write_text("x" * 15 * 1024 * 1024)
    assert "a rules file holds keys with values" in [said for _, said, _ in refused(tmp_path)["problems"]]


def test_merge_keys_merge_nothing() -> None:
    """`<<` is a key like any other, and no key of rules."""
    text = """
        default: {defer: nobody}
        rules:
          - &first {name: first, defer: somebody}
          - {<<: *first, name: second}
    """
    messages = [problem.message for problem in problems(text)]
    assert messages == ["it says nothing to do", "unknown key '<<' in a rule"]


def test_aliases_are_counted_as_what_they_stand_for(tmp_path: Path) -> None:
    """A rule set just within the limit is read, in memory that aliases share."""
    items, aliases = ", ".join(["x"] * 1_000), ", ".join(["*a"] * (MAX_VALUES // 1_000 - 10))
    text = DEFAULT + f"vars:\n  a: &a [{items}]\n  b: [{aliases}]\n"
    (tmp_path / "a.yaml").write_text(text)
    found = read(tmp_path)
    assert found["rules"] == 0
    assert found["megabytes"] < 2 * MEGABYTES_WHEN_REFUSED


@pytest.mark.parametrize("name", ["equality", "task types", "vars"])
def test_ten_thousand_rules_are_read_and_checked(name: str, tmp_path: Path) -> None:
    """Each of them can be reached, and nothing is wrong with them. How long it takes, a benchmark tells."""
    (tmp_path / "a.yaml").write_text(written(SHAPES[name], RULES).text)
    found = read(tmp_path)
    assert (found["rules"], found["problems"]) == (RULES, [])
    assert found["megabytes"] < 2 * MEGABYTES_WHEN_REFUSED
