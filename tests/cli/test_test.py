"""`desk test`: its three formats, its exit status, and what it says of tests that fail."""

import json
import os
import pty
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.rulebook.checking import checked

RULES = """\
vars: {limit: "${LIMIT:-5}"}
default: {defer: to somebody}
rules:
  - name: chat
    task_type: chat
    when: words > 3 AND task.lang == "en"
    defer: to the agent
"""
TESTS = """\
tests:
  - name: long chats
    task: {type: chat, words: 4, lang: en}
    expect: {rule: chat}
  - name: short chats
    task: {type: chat, words: 4, lang: fr}
    expect: {rule: chat, defer: to the agent}
"""
FAILED = [
    "  wanted rule chat, got default",
    '    chat: task.lang == "en" is false: task.lang is "fr"',
    "  wanted defer: to the agent, got to somebody",
]


def run(*arguments: str | Path, **environment: str) -> Result:
    """The command, off a terminal."""
    return CliRunner().invoke(main, ["test", *map(str, arguments)], env=environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rules folder with a test that passes and one that fails."""
    made = tmp_path / ("a-folder-with-a-long-name-" * 8)
    made.mkdir()
    (made / "a.yaml").write_text(RULES)
    (made / "chat_test.yaml").write_text(TESTS)
    return made


@pytest.fixture
def good(folder: Path) -> Path:
    """The same folder, where both pass."""
    (folder / "chat_test.yaml").write_text(
        TESTS.replace("{rule: chat, defer: to the agent}", "{rule: default}")
    )
    return folder


def test_a_failing_test_is_shown(folder: Path) -> None:
    """Its place and name, and below it each difference with its reason, neither wrapped nor shortened."""
    ended = run(folder)
    assert (ended.exit_code, ended.stderr) == (1, "")
    assert ended.stdout.splitlines() == [
        f"{folder}/chat_test.yaml:5:5: failed: short chats",
        *FAILED,
        f"{folder}: 1 of 2 tests failed, 83 % coverage",
    ]


def test_tests_that_pass_are_summed_up(good: Path) -> None:
    """In one line; with -v each has one."""
    ended = run(good)
    assert (ended.exit_code, ended.stdout) == (0, f"{good}: 2 tests passed, 83 % coverage\n")
    assert run(good, "-v").stdout.splitlines() == [
        f"{good}/chat_test.yaml:2:5: passed: long chats",
        f"{good}/chat_test.yaml:5:5: passed: short chats",
        f"{good}: 2 tests passed, 83 % coverage",
    ]


def test_coverage_lists_what_no_test_has_seen(good: Path) -> None:
    """One a line, with its place; that of the default is the folder."""
    assert run(good, "--coverage").stdout.splitlines() == [
        f"{good}/a.yaml:4:5: not covered: chat: task.words > 3 is never false",
        f"{good}: 2 tests passed, 83 % coverage",
    ]
    assert f"{good}: not covered: default: it never decides\n" in run(good, "--coverage", "-k", "long").stdout


@pytest.mark.parametrize(("least", "status"), [(0, 0), (83, 0), (84, 1), (100, 1)])
def test_too_little_coverage_fails_where_that_is_asked(good: Path, least: int, status: int) -> None:
    """With what there is, and how to see the rest."""
    ended = run(good, "--min-coverage", str(least))
    assert ended.exit_code == status
    said = f"desk: coverage is 83 %, wanted are {least} %: --coverage lists what no test has seen\n"
    assert ended.stderr == (said if status else "")


def test_some_tests_alone(folder: Path) -> None:
    """Those whose names hold a text."""
    ended = run(folder, "-k", "long", "-v")
    assert ended.exit_code == 0
    assert [line for line in ended.stdout.splitlines() if "passed:" in line] == [
        f"{folder}/chat_test.yaml:2:5: passed: long chats"
    ]


def test_no_test_at_all_is_a_failure(folder: Path) -> None:
    """Unless that is allowed; none that is chosen is one, too."""
    (folder / "chat_test.yaml").unlink()
    ended = run(folder)
    assert ended.exit_code == 1
    assert ended.stderr == f"desk: {folder} holds no test: write some below `tests:`, or add --allow-empty\n"
    assert (run(folder, "--allow-empty").exit_code, run(folder, "--allow-empty").stderr) == (0, "")


def test_no_test_of_that_name_is_a_failure(good: Path) -> None:
    """A name that nothing has is misspelt."""
    ended = run(good, "-k", "lnog")
    assert ended.exit_code == 1
    assert "has 'lnog' in its name" in ended.stderr


def test_rules_with_errors_are_not_tested(folder: Path) -> None:
    """Each error as `desk check` shows it, in every format."""
    (folder / "b.yaml").write_text("rules:\n  - {name: x, dfeer: y, defer: z}\n")
    line = f"{folder}/b.yaml:2:15: error: x: unknown key 'dfeer' in a rule; did you mean 'defer'? [R003]\n"
    ended = run(folder)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (1, line, f"{folder}: 1 error\n")
    as_json = run(folder, "--format", "json")
    document = json.loads(as_json.stdout)
    assert (as_json.exit_code, document["tests"], document["coverage"]) == (1, [], None)
    assert [problem["check"] for problem in document["problems"]] == ["R003"]
    as_junit = run(folder, "--format", "junit")
    root = ET.fromstring(as_junit.stdout)
    error = root.find("testsuite/testcase/error")
    assert as_junit.exit_code == 1
    assert error is not None
    assert error.get("message") == "x: unknown key 'dfeer' in a rule; did you mean 'defer'?"
    assert (root.get("tests"), root.get("errors"), root.get("failures")) == ("1", "1", "0")


def test_json_has_the_documented_keys(folder: Path) -> None:
    """For tests and for coverage."""
    ended = run(folder, "--format", "json")
    document = json.loads(ended.stdout)
    assert ended.exit_code == 1
    assert document.keys() == {"tests", "coverage", "problems"}
    assert document["tests"] == [
        {
            "name": "long chats",
            "file": f"{folder}/chat_test.yaml",
            "line": 2,
            "passed": True,
            "message": "",
        },
        {
            "name": "short chats",
            "file": f"{folder}/chat_test.yaml",
            "line": 5,
            "passed": False,
            "message": "\n".join(line[2:] for line in FAILED),
        },
    ]
    assert document["coverage"] == {
        "percent": 83,
        "total": 6,
        "missing": [
            {
                "rule": "chat",
                "file": f"{folder}/a.yaml",
                "line": 4,
                "message": "task.words > 3 is never false",
            }
        ],
    }


def test_junit_is_read_by_ci(folder: Path) -> None:
    """A suite for each file, with what failed as its text; the numbers are those of what it holds."""
    (folder / "z_test.yaml").write_text("tests: [{name: fax, task: {type: fax}, expect: {rule: default}}]\n")
    ended = run(folder, "--format", "junit")
    assert ended.exit_code == 1
    assert ended.stdout.startswith("<?xml version='1.0' encoding='utf-8'?>\n")
    root = ET.fromstring(ended.stdout)
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == (
        "testsuites",
        "3",
        "1",
        "0",
    )
    chats, faxes = root.findall("testsuite")
    assert (chats.get("name"), chats.get("tests"), chats.get("failures")) == (
        f"{folder}/chat_test.yaml",
        "2",
        "1",
    )
    assert (faxes.get("tests"), faxes.get("failures"), faxes.get("skipped")) == ("1", "0", "0")
    passed, failed = chats.findall("testcase")
    assert (passed.attrib, len(passed)) == (
        {
            "classname": "chat_test",
            "name": "long chats",
            "file": f"{folder}/chat_test.yaml",
            "line": "2",
        },
        0,
    )
    failure = failed.find("failure")
    assert failure is not None
    assert failure.get("message") == "wanted rule chat, got default"
    assert failure.text == "\n".join(line[2:] for line in FAILED)


def test_junit_beside_the_text(folder: Path, tmp_path: Path) -> None:
    """Into a file; for - to standard output, from which the text then keeps away."""
    to_file = run(folder, "--junit", tmp_path / "tests.xml")
    assert to_file.exit_code == 1
    assert to_file.stdout == run(folder).stdout
    written = (tmp_path / "tests.xml").read_bytes()
    assert len(ET.fromstring(written).findall("testsuite/testcase")) == 2
    to_output = run(folder, "--junit", "-")
    assert to_output.stdout_bytes == written
    assert to_output.stderr == to_file.stdout


def test_no_name_breaks_a_format(folder: Path) -> None:
    """Neither the terminal nor XML gets what it must not hold."""
    name = '"\\e[31m\\x00\\uffff<b>&]]>"'
    test = f"  - {{name: {name}, task: {{type: {name}}}, expect: {{rule: chat}}}}\n"
    (folder / "chat_test.yaml").write_text(f"tests:\n{test}")
    ended = run(folder, "--format", "junit")
    root = ET.fromstring(ended.stdout)
    case = root.find("testsuite/testcase")
    assert case is not None
    assert case.get("name") == " [31m  <b>&]]>"
    failure = case.find("failure")
    assert failure is not None
    assert "this one's is  [31m  <b>&]]>" in str(failure.text)
    assert "\x1b" not in run(folder).stdout
    message = json.loads(run(folder, "--format", "json").stdout)["tests"][0]["message"]
    assert message.splitlines()[1].endswith(" [31m  <b>&]]>")


def test_the_environment_of_the_process_is_seen(folder: Path) -> None:
    """Beneath that of a test."""
    (folder / "a.yaml").write_text(RULES.replace("words > 3", "words == vars.limit"))
    (folder / "chat_test.yaml").write_text(
        "tests:\n"
        "  - {name: theirs, task: {type: chat, words: '7', lang: en}, expect: {rule: chat}}\n"
        "  - {name: own, env: {LIMIT: 9}, task: {type: chat, words: '9', lang: en}, expect: {rule: chat}}\n"
    )
    assert run(folder, LIMIT="7").exit_code == 0
    assert [line for line in run(folder).stdout.splitlines() if "failed:" in line] == [
        f"{folder}/chat_test.yaml:2:5: failed: theirs"
    ]


def test_the_folder_is_the_argument_else_the_variable(good: Path, rules: Path) -> None:
    """In this order."""
    assert run(good, RULES_DIR=str(rules)).stdout.startswith(f"{good}: 2 tests")
    assert run(RULES_DIR=str(good)).stdout.startswith(f"{good}: 2 tests")


@pytest.mark.parametrize(
    "arguments", [("--format", "xml"), ("--min-coverage", "101"), ("--nonsense",), ("one", "two")]
)
def test_wrong_flags_are_wrong_usage(arguments: tuple[str, ...]) -> None:
    """Status 2, nothing on standard output."""
    ended = run(*arguments)
    assert (ended.exit_code, ended.stdout) == (2, "")


def test_a_folder_that_cannot_be_read_is_wrong_usage(folder: Path) -> None:
    """Missing, or a file: status 2, in every format."""
    for place in (folder / "nowhere", folder / "a.yaml"):
        for form in ("text", "json", "junit"):
            ended = run(place, "--format", form)
            assert (ended.exit_code, ended.stdout) == (2, "")
            assert ended.stderr.startswith("desk: ")


def test_a_report_that_cannot_be_written_is_wrong_usage(good: Path) -> None:
    """Status 2, with the file's name."""
    ended = run(good, "--junit", good / "nowhere" / "tests.xml")
    assert ended.exit_code == 2
    assert f"{good}/nowhere/tests.xml cannot be written: No such file or directory" in ended.stderr


def on_a_terminal(folder: Path) -> str:
    """What standard output and standard error show there."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "app.cli", "test", str(folder)]
    subprocess.run(command, stdout=terminal, stderr=terminal, check=False)
    os.close(terminal)
    shown = b""
    while not shown.endswith(b"coverage\r\n"):
        shown += os.read(controller, 65536)
    os.close(controller)
    return shown.decode()


def test_colour_is_for_terminals(folder: Path) -> None:
    """There the outcome has one; elsewhere no line has any. Few tests need no bar."""
    shown = on_a_terminal(folder)
    assert "\x1b[31m\x1b[1mfailed\x1b[0m: short chats" in shown
    assert "100%" not in shown
    assert "\x1b" not in run(folder).stdout


def test_many_tests_show_how_far_they_are(good: Path) -> None:
    """On a terminal, from 201 on."""
    each = "".join(f"  - {{name: t{n}, expect: {{rule: default}}}}\n" for n in range(199))
    (good / "more_test.yaml").write_text(f"tests:\n{each}")
    assert "201 tests passed" in on_a_terminal(good)
    assert "100%" in on_a_terminal(good)
    assert run(good).stderr == ""


def test_a_reload_refuses_what_fails_here(folder: Path) -> None:
    """The same tests with the same reasons, one that its own environment breaks among them."""
    (folder / "a.yaml").write_text(RULES.replace("words > 3", "words > vars.limit AND w MATCHES vars.limit"))
    with (folder / "chat_test.yaml").open("a") as file:
        file.write("  - {name: odd, env: {LIMIT: '['}, expect: {rule: default}}\n")
    failed = [
        each for each in json.loads(run(folder, "--format", "json").stdout)["tests"] if not each["passed"]
    ]
    refused = checked(folder, {})
    assert refused.ruleset is None
    assert len(failed) == len(refused.problems) == 3
    for each, sentence in zip(failed, refused.problems, strict=True):
        start, _, reasons = sentence.partition(": ")
        assert start.startswith(f"{each['file']}:{each['line']}:")
        assert start.endswith(f" test {each['name']!r}")
        assert reasons == "; ".join(map(str.strip, each["message"].splitlines()))
    assert "with its `env` the rules hold an error" in refused.problems[-1]
