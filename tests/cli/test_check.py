"""`desk check`: its formats, its exit status, the manuals, and what slips through it."""

import json
import os
import pty
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.engine.catalogue import Check
from app.engine.checks import manual
from app.engine.expressions import parse
from app.engine.source import SourceFile, plain, read_source

WARNED = """\
vars:
  unavailable: WA0123456789abcdef0123456789abcdef
default:
  reply: {instruction: reject, activity_sid: "{{ vars.unavailable }}"}
rules:
  - name: recorded
    reply:
      instruction: conference
      from: "+14155551212"
      conference_record: true
"""
BROKEN = (
    WARNED
    + """\
  - name: whispered
    reply:
      instruction: call
      from: "+14155551212"
  - name: redirected
    rpely: {instruction: accept}
    defer: somebody else
"""
)


def check(*arguments: str | Path, **environment: str) -> Result:
    """The command, off a terminal."""
    return CliRunner().invoke(main, ["check", *map(str, arguments)], env=environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rules folder with one warning."""
    made = tmp_path / ("a-folder-with-a-long-name-" * 8)
    made.mkdir()
    (made / "a.yaml").write_text(WARNED)
    return made


def test_text_is_one_line_for_each_problem(folder: Path) -> None:
    """Place, level, rule, message, the way out, and the check's id: neither wrapped nor shortened."""
    (folder / "a.yaml").write_text(BROKEN)
    ended = check(folder)
    assert ended.exit_code == 1
    assert ended.stdout.splitlines() == [
        f"{folder}/a.yaml:10:26: warning: recorded: TaskRouter ignores `conference_record: true`; "
        "write record-from-start [R051]",
        f"{folder}/a.yaml:13:7: error: whispered: call needs `url` (would be 40112); "
        "add url: https://example.com/twiml [R032]",
        f"{folder}/a.yaml:16:5: error: redirected: unknown key 'rpely' in a rule; "
        "did you mean 'reply'? [R003]",
    ]
    assert ended.stderr == f"{folder}: 2 errors\n"


def test_good_rules_are_summed_up(rules: Path) -> None:
    """How many there are, and their version."""
    ended = check(rules)
    assert (ended.exit_code, ended.stderr) == (0, "")
    summary, gap = ended.stdout.splitlines()
    said = f"{re.escape(str(rules))}: 15 rules in 7 files, no problem; version [0-9a-f]{{12}}"
    assert re.fullmatch(said, summary)
    assert gap.endswith('can get the default: task {"type": "other"}, Mon 12:00 UTC')


def test_warnings_fail_where_that_is_asked(folder: Path) -> None:
    """Else they are shown and counted."""
    assert check(folder).exit_code == 0
    assert "1 rule in 1 file, 1 warning; version" in check(folder).stdout
    assert check(folder, "--strict").exit_code == 1


def test_json_has_exactly_the_documented_keys(folder: Path) -> None:
    """For problems and around them; a rule set with errors has no version."""
    document = json.loads(check(folder, "--format", "json").stdout)
    assert document.keys() == {"problems", "notes", "gaps", "rules", "version"}
    assert document["notes"] == []
    assert document["rules"] == 1
    assert document["problems"] == [
        {
            "file": f"{folder}/a.yaml",
            "line": 10,
            "column": 26,
            "level": "warning",
            "check": "R051",
            "rule": "recorded",
            "message": "TaskRouter ignores `conference_record: true`",
            "hint": "write record-from-start",
            "twilio_code": None,
        }
    ]
    (folder / "a.yaml").write_text(BROKEN)
    ended = check(folder, "--format", "json")
    document = json.loads(ended.stdout)
    assert (ended.exit_code, ended.stderr) == (1, "")
    assert (document["rules"], document["version"]) == (0, None)
    assert [each["twilio_code"] for each in document["problems"]] == [None, 40112, None]


def test_github_shows_problems_beside_the_lines(folder: Path) -> None:
    """One workflow command each, and nothing where there is no problem."""
    (folder / "a.yaml").write_text(BROKEN)
    ended = check(folder, "--format", "github")
    assert ended.exit_code == 1
    assert [line.partition(" ")[0] for line in ended.stdout.splitlines()] == [
        "::warning",
        "::error",
        "::error",
    ]
    assert f"::error file={folder}/a.yaml,line=16,col=5,title=R003::redirected: unknown key" in ended.stdout


def test_sarif_is_for_code_scanning(folder: Path) -> None:
    """The problems by the place of their check's manual."""
    (folder / "a.yaml").write_text(BROKEN)
    ended = check(folder, "--format", "sarif")
    assert (ended.exit_code, ended.stderr) == (1, "")
    (run,) = json.loads(ended.stdout)["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("desk", version("desk"))
    assert [each["ruleId"] for each in run["results"]] == ["R051", "R032", "R003"]
    names = [driver["rules"][each["ruleIndex"]]["name"] for each in run["results"]]
    assert names == ["ignored-value", "missing-parameter", "unknown-key"]
    (folder / "a.yaml").write_text(WARNED.replace("conference_record: true", "muted: true"))
    assert json.loads(check(folder, "--format", "sarif").stdout)["runs"][0]["results"] == []


@pytest.mark.parametrize("named", ["R012", "r012", "never-holds", "Never-Holds"])
def test_a_manual_is_printed_without_any_rules(named: str, tmp_path: Path) -> None:
    """By the check's id or its name, in any case."""
    ended = check("--explain", named, RULES_DIR=str(tmp_path / "nowhere"))
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout == manual(Check.NEVER_HOLDS) + "\n"
    assert ended.stdout.startswith("R012 never-holds (warning): ")


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("never-hold", "there is no check 'never-hold'; did you mean never-holds?"),
        ("R999", "there is no check 'R999'; known are D001, D002, "),
        ("", "there is no check ''; known are D001, "),
    ],
)
def test_an_unknown_check_is_wrong_usage(named: str, hint: str) -> None:
    """Status 2, and which there are."""
    ended = check("--explain", named)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert hint in ended.stderr


def test_every_check_that_is_reported_has_a_manual(folder: Path) -> None:
    """What stands in brackets behind a problem is what --explain takes."""
    (folder / "a.yaml").write_text(BROKEN)
    for line in check(folder).stdout.splitlines():
        named = line.rpartition(" [")[2].removesuffix("]")
        assert check("--explain", named).stdout.startswith(f"{named} ")


def test_a_comment_silences_a_warning(folder: Path) -> None:
    """In every format, and under --strict; one that silences nothing is itself a warning."""
    (folder / "a.yaml").write_text(WARNED + "      # desk: ignore[R051]\n")
    ended = check(folder, "--strict")
    assert ended.exit_code == 0
    assert "1 rule in 1 file, no problem" in ended.stdout
    assert json.loads(check(folder, "--format", "json").stdout)["problems"] == []
    (folder / "a.yaml").write_text(WARNED + "      # desk: ignore[R051, R050]\n")
    ended = check(folder, "--strict")
    assert ended.exit_code == 1
    place = f"{folder}/a.yaml:11:28"
    assert ended.stdout.startswith(f"{place}: warning: recorded: nothing here is R050; remove it [R060]\n")


def test_the_folder_is_the_argument_else_the_variable_else_rules(folder: Path, rules: Path) -> None:
    """In this order."""
    assert check(folder, RULES_DIR=str(rules)).stdout.startswith(f"{folder}/a.yaml:10")
    assert check(RULES_DIR=str(folder)).stdout.startswith(f"{folder}/a.yaml:10")
    with_default = subprocess.run(
        [sys.executable, "-m", "app.cli", "check"],
        cwd=rules.parent,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (with_default.returncode, with_default.stdout[:6]) == (0, "rules:")


def test_the_environment_fills_the_variables(rules: Path) -> None:
    """A bad SID there fails with the place where it is used."""
    ended = check(rules, ACTIVITY_UNAVAILABLE="WA12")
    assert ended.exit_code == 1
    lines = (rules / "00-vars.yaml").read_text().splitlines()
    line = lines.index('    activity_sid: "{{ vars.unavailable }}"') + 1
    place = f"{rules}/00-vars.yaml:{line}:19"
    assert ended.stdout.startswith(f"{place}: error: default: `activity_sid` must be a SID")


@pytest.mark.parametrize("arguments", [("--format", "xml"), ("--nonsense",), ("one", "two"), ("--explain",)])
def test_wrong_flags_are_wrong_usage(arguments: tuple[str, ...]) -> None:
    """Status 2, nothing on standard output."""
    ended = check(*arguments)
    assert (ended.exit_code, ended.stdout) == (2, "")


def test_a_folder_that_cannot_be_read_is_wrong_usage(folder: Path) -> None:
    """Missing, or a file: status 2, in every format."""
    for place in (folder / "nowhere", folder / "a.yaml"):
        for form in ("text", "json", "github", "sarif"):
            ended = check(place, "--format", form)
            assert (ended.exit_code, ended.stdout) == (2, "")
            assert ended.stderr.startswith("desk: ")


def test_unparsable_yaml_is_a_problem_of_the_rules(folder: Path) -> None:
    """Status 1, with the place."""
    (folder / "b.yaml").write_text("rules: [\n")
    ended = check(folder)
    assert ended.exit_code == 1
    assert f"{folder}/b.yaml:2:1: error: YAML: " in ended.stdout


def test_a_rules_name_cannot_reach_the_terminal(folder: Path) -> None:
    """An escape sequence in it is not written as one."""
    (folder / "b.yaml").write_text('rules:\n  - name: "\\e[31m\\r\\n"\n    defer: x\n')
    ended = check(folder)
    assert ended.exit_code == 1
    assert "\x1b" not in ended.stdout
    assert all(re.search(r" \[R\d{3}\]$", line) for line in ended.stdout.splitlines())


def test_colour_is_for_terminals(folder: Path) -> None:
    """On a terminal the level has a colour; elsewhere no line has any."""
    command = [sys.executable, "-m", "app.cli", "check", str(folder)]
    controller, terminal = pty.openpty()
    subprocess.run(command, stdout=terminal, check=True)
    assert b"\x1b[33m\x1b[1mwarning\x1b[0m: recorded" in os.read(controller, 65536)
    os.close(terminal)
    os.close(controller)
    piped = subprocess.run(command, capture_output=True, check=True)
    assert b"\x1b" not in piped.stdout


# --- One character is wrong

MUTATIONS = 320
COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
PROSE = re.compile(r"(?m)^\s*(?:- )?(?:description|defer): (.*)$")
# What a finger hits; without # which makes the rest of a line a comment: that is how rules are switched off.
TYPOS = "abexz019 ._-:,\"'{}[]()<>=|&*!%@/+"

# Values of which every legal one is as good as another: nothing can know that another was meant.
FREE = {
    "a name of the author's": r"(?:.*\.)?(?:name|task_type)(?:\..*)?",
    "a constant of vars that stays valid where it is used": r"vars\..*",
    "a number within its range": r".*\.timeout|max_rejections",
    "a prefix": r"allowed_numbers\..*",
    "a valid address, or a template of a task's attributes": r".*\.(?:url|to|call_sid|\w*callback\w*)",
}


def places(text: str) -> list[int]:
    """Where a character may be changed: not in comments, prose and empty lines."""
    free = {index for match in COMMENT.finditer(text) for index in range(*match.span())}
    free |= {index for match in PROSE.finditer(text) for index in range(*match.span(1))}
    return [index for index, character in enumerate(text) if index not in free and not character.isspace()]


def mutated(text: str, at: int, chance: random.Random) -> str:
    """The text with one character deleted, doubled or replaced."""
    kind = chance.choice(("delete", "double", "replace"))
    if kind == "delete":
        return text[:at] + text[at + 1 :]
    if kind == "double":
        return text[: at + 1] + text[at:]
    return text[:at] + chance.choice(TYPOS.replace(text[at], "")) + text[at + 1 :]


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a document by its path; a rule is named by its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}.{index}")
    else:
        yield path, value


def document(text: str) -> dict[str, object]:
    node, _ = read_source(SourceFile("a.yaml", text))
    return dict(leaves(plain(node))) if node else {}


def shape(expression: object) -> str:
    """An expression's operators, without names, constants and places."""
    words = re.sub(r"(?:path|value|root)=(?:\(.*?\)|\[.*?\]|'.*?'|[\w.]+)|at=\d+", "", repr(expression))
    return re.sub(r"Reference\([, ]*\)|Constant\([, ]*\)", "_", words)


def why_free(path: str, before: object, after: object) -> str | None:
    """Why nothing can be said against another value at this place; None where something could."""
    if re.fullmatch(r"rules\.\d+\.when(?:\.\d+)?", path):
        if shape(parse(str(before))) == shape(parse(str(after))):
            return "a name or a constant in an expression: attributes are the customer's"
        return None
    return next((reason for reason, pattern in FREE.items() if re.fullmatch(pattern, path)), None)


def verdict(before: str, after: str) -> str:
    """What a change that `desk check` says nothing about does: nothing, or something that is free."""
    old, new = document(before), document(after)
    changed = [path for path in old.keys() | new.keys() if old.get(path) != new.get(path)]
    if not changed:
        return "changes nothing"
    reasons = [why_free(path, old.get(path), new.get(path)) for path in changed]
    return str(reasons[0]) if all(reasons) else "survives"


def test_one_wrong_character_is_found_wherever_it_matters(rules: Path) -> None:
    """What is neither reported nor free is printed; a legal operator in place of another is all there is."""
    chance = random.Random(20261123)  # the same in every run
    counted: Counter[str] = Counter()
    survivors: list[str] = []
    # What is wrong in a test of the rules, the test itself finds out.
    paths = sorted(path for path in rules.glob("*.yaml") if not path.stem.endswith("_test"))
    files = {path: path.read_text() for path in paths}
    everywhere = [(path, at) for path, text in files.items() for at in places(text)]
    for path, at in chance.sample(everywhere, MUTATIONS):
        text = mutated(files[path], at, chance)
        path.write_text(text)
        ended = check(rules, "--strict")
        path.write_text(files[path])
        assert isinstance(ended.exception, SystemExit | None), (path.name, at, text)
        assert ended.exit_code in {0, 1}
        found = "reported" if ended.exit_code else verdict(files[path], text)
        counted[found] += 1
        if found == "survives":
            line = files[path].count("\n", 0, at)
            survivors.append(f"{path.name}:{line + 1}: {text.splitlines()[line].strip()}")
    print(dict(counted), *survivors, sep="\n")  # noqa: T201  shown with -s and beside a failure
    operators = [each for each in survivors if re.search(r"\bwhen:|taskrouter\.", each)]
    assert survivors == operators
    assert len(survivors) <= MUTATIONS // 100
    assert counted["reported"] > MUTATIONS * 0.6
