"""`desk check`: its formats, its exit status, and the manuals."""

import json
import os
import pty
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.engine.catalogue import Check
from app.engine.checks import manual

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


RIDDLE = 'NOT (phone MATCHES "^[+]44(7[0-9]{9})$" AND phone MATCHES "(1|2|3)4$")'


def riddles(*task_types: str) -> str:
    """For each type a rule, of which nobody can say whether it takes all calls."""
    rules = "".join(
        f"  - {{name: {each}, task_type: {each}, when: '{RIDDLE}', defer: x}}\n" for each in task_types
    )
    return f"default: {{defer: later}}\nrules:\n{rules}"


def test_what_is_not_known_of_a_type_is_said(folder: Path) -> None:
    """Behind the gaps that are known: in a line with the reason, and under a key of its own."""
    (folder / "a.yaml").write_text(riddles("sales"))
    _, gap, riddle = check(folder).stdout.splitlines()
    assert gap.startswith("a task of a type that no rule names can get the default: ")
    reason = '`task.phone MATCHES "^[+]44(7[0-9]{9})$"` cannot be taken apart'
    assert riddle == f"whether a task of type 'sales' can get the default is not known: {reason}"
    document = json.loads(check(folder, "--format", "json").stdout)
    assert [each["task_type"] for each in document["gaps"]] == [None]
    assert document["undecided_gaps"] == [{"task_type": "sales", "reason": reason}]


def test_few_types_are_shown_and_the_others_counted(folder: Path) -> None:
    """Of those that get the default, and of those of which it is not known; JSON has them all."""
    known = "".join(f"  - {{name: k{n}, task_type: k{n}, when: x == 1, defer: x}}\n" for n in range(11))
    (folder / "a.yaml").write_text(riddles(*(f"r{n}" for n in range(11))) + known)
    lines = check(folder).stdout.splitlines()[1:]
    assert [line.split(":")[0] for line in lines[9:12]] == [
        "a task of type 'k9' can get the default",
        "and so can tasks of 2 types more",
        "whether a task of type 'r0' can get the default is not known",
    ]
    assert [line.split(":")[0] for line in lines[20:]] == [
        "whether a task of type 'r9' can get the default is not known",
        "nor is it known of 1 type more",
    ]
    document = json.loads(check(folder, "--format", "json").stdout)
    assert (len(document["gaps"]), len(document["undecided_gaps"])) == (12, 11)


def test_warnings_fail_where_that_is_asked(folder: Path) -> None:
    """Else they are shown and counted."""
    assert check(folder).exit_code == 0
    assert "1 rule in 1 file, 1 warning; version" in check(folder).stdout
    assert check(folder, "--strict").exit_code == 1


def test_json_has_exactly_the_documented_keys(folder: Path) -> None:
    """For problems and around them; a rule set with errors has no version."""
    document = json.loads(check(folder, "--format", "json").stdout)
    assert document.keys() == {"problems", "notes", "gaps", "undecided_gaps", "rules", "version"}
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
    """On a terminal the level has a colour; elsewhere no line has any, and where NO_COLOR is set."""
    command = [sys.executable, "-m", "app.cli", "check", str(folder)]
    controller, terminal = pty.openpty()
    subprocess.run(command, stdout=terminal, check=True)
    assert b"\x1b[33m\x1b[1mwarning\x1b[0m: recorded" in os.read(controller, 65536)
    subprocess.run(command, stdout=terminal, check=True, env={**os.environ, "NO_COLOR": "1"})
    assert b"\x1b" not in os.read(controller, 65536)
    os.close(terminal)
    os.close(controller)
    piped = subprocess.run(command, capture_output=True, check=True)
    assert b"\x1b" not in piped.stdout
