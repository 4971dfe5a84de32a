"""The rules folder: which files are read, what becomes of the others, what a process begins with."""

import json
import logging
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import pytest

from app.engine.catalogue import Check
from app.errors import RulesBroken, RulesUnreadable
from app.model import Location
from app.rulebook import Reading, read_folder, starting_rules
from app.storage import Store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DEFAULT = "default: {defer: nobody is there}\n"
RULE = "rules:\n  - name: NAME\n    reply: {instruction: accept}\n"


def rule(name: str) -> str:
    """A file with one rule."""
    return RULE.replace("NAME", name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rules folder with nothing but a default."""
    made = tmp_path / "rules"
    made.mkdir()
    (made / "00.yaml").write_text(DEFAULT)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database that answers."""
    made = Store(f"sqlite:///{tmp_path}/desk.db")
    yield made
    made.close()


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Store]:
    """A database that does not answer: a file stands where its folder should be."""
    (tmp_path / "file").write_text("")
    made = Store(f"sqlite:///{tmp_path}/file/desk.db")
    yield made
    made.close()


def names(reading: Reading) -> list[str]:
    """The names of the rules, in order; there must be no problem."""
    assert reading.problems == ()
    assert reading.ruleset
    return [each.name for each in reading.ruleset.rules]


def only_problem(reading: Reading) -> tuple[Location | None, str, str | None]:
    """Place, message and hint of the one problem, which keeps the rules from being used."""
    assert reading.ruleset is None
    (problem,) = reading.problems
    assert (problem.check, reading.errors) == (Check.YAML, 1)
    return problem.location, problem.message, problem.hint


# --- Which files are read


def test_files_are_read_in_name_order(folder: Path) -> None:
    """By the character, whatever order the disk has, `.yml` among `.yaml`."""
    for name in ("b.yaml", "a.yml", "B.yaml", "10.yaml", "9.yml"):
        (folder / name).write_text(
            rule(f"rule-{name.lower()}".replace(".", "-") + ("2" if name[0] == "B" else ""))
        )
    expected = ["rule-10-yaml", "rule-9-yml", "rule-b-yaml2", "rule-a-yml", "rule-b-yaml"]
    assert names(read_folder(folder, {})) == expected


def test_other_files_dotfiles_and_subfolders_are_not_read(folder: Path) -> None:
    """An editor's files, notes, and a folder of drafts, even one that is called like a file."""
    for name in (".a.yaml", "a.yaml~", "a.yaml.bak", "a.json", "README.md", "yaml", ".yaml"):
        (folder / name).write_text("[ this would be a problem")
    for name in ("drafts", "drafts.yaml"):
        (folder / name).mkdir()
        (folder / name / "a.yaml").write_text("[ this would be a problem")
    assert names(read_folder(folder, {})) == []


def test_links_to_files_are_read(folder: Path, tmp_path: Path) -> None:
    """A Kubernetes ConfigMap is a folder of links."""
    (tmp_path / "elsewhere.txt").write_text(rule("linked"))
    (folder / "a.yaml").symlink_to(tmp_path / "elsewhere.txt")
    assert names(read_folder(folder, {})) == ["linked"]


def test_a_test_file_holds_tests_alone(folder: Path) -> None:
    """Rules in it are an error with a place; tests are not."""
    (folder / "a_test.yaml").write_text("tests:\n  - {name: nothing, expect: {rule: default}}\n")
    assert names(read_folder(folder, {})) == []
    (folder / "b_test.yaml").write_text(rule("hidden"))
    (problem,) = read_folder(folder, {}).problems
    assert problem.location == Location(str(folder / "b_test.yaml"), 1, 1)


def test_a_byte_order_mark_is_no_part_of_a_file(folder: Path) -> None:
    """Some editors on Windows write one."""
    (folder / "a.yaml").write_bytes(b"\xef\xbb\xbf" + rule("marked").encode())
    assert names(read_folder(folder, {})) == ["marked"]


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"\xff", 1, 1),
        (b"# caf\xe9\n", 1, 6),
        (b"rules: []\n# \xc3\xa9t\xc3\xa9 caf\xe9\n", 2, 10),
        (b"\xef\xbb\xbf# caf\xe9\n", 1, 6),
        ("vars: {}".encode("utf-16"), 1, 1),
    ],
)
def test_a_file_in_another_encoding_is_a_problem_with_its_place(
    content: bytes, line: int, column: int, folder: Path
) -> None:
    """The first character that is no UTF-8, counted in characters and without the byte order mark."""
    (folder / "a.yaml").write_bytes(content)
    place = Location(str(folder / "a.yaml"), line, column)
    assert only_problem(read_folder(folder, {})) == (place, "the file is not UTF-8", "save it as UTF-8")


def test_a_file_that_is_far_too_large_is_not_even_read(folder: Path) -> None:
    """A gigabyte is refused at once."""
    with (folder / "a.yaml").open("wb") as file:
        file.truncate(1024**3)
    began = perf_counter()
    place, message, hint = only_problem(read_folder(folder, {}))
    assert perf_counter() - began < 0.5
    assert (place, hint) == (Location(str(folder / "a.yaml")), "split it into several")
    assert "larger than 16 MB" in message


@pytest.mark.parametrize("target", ["nowhere", "a.yaml", "x" * 300])
def test_a_link_that_leads_nowhere_is_a_problem(target: str, folder: Path) -> None:
    """To nothing, to itself, and to a name that no disk can have: never a traceback."""
    (folder / "a.yaml").symlink_to(target)
    place, message, hint = only_problem(read_folder(folder, {}))
    assert place == Location(str(folder / "a.yaml"))
    assert message.startswith("the file cannot be read: ")
    assert hint == "look at its permissions"


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    """Nobody writes to it: it is no file, and reading it would never end."""
    os.mkfifo(folder / "a.yaml")
    place, message, _ = only_problem(read_folder(folder, {}))
    assert (place, message) == (Location(str(folder / "a.yaml")), "this is no file")


def test_a_file_name_in_another_encoding_can_be_read_and_kept(folder: Path, store: Store) -> None:
    """A disk takes names that are no UTF-8; neither the JSON of problems nor the database does."""
    path = os.path.join(os.fsencode(folder), b"caf\xe9.yaml")  # noqa: PTH118  a name in bytes
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(rule("café".replace("é", "e")).encode())
    assert names(read_folder(folder, {})) == ["cafe"]
    starting_rules(folder, {}, store, NOW)
    kept = store.last_rules()
    assert kept
    assert json.dumps(list(kept), ensure_ascii=False).encode()


def test_what_is_wrong_in_several_files_is_found_in_one_reading(folder: Path) -> None:
    """An unreadable file does not hide what is wrong in the others."""
    (folder / "a.yaml").write_bytes(b"\xff")
    (folder / "b.yaml").write_text("ruels: []\n")
    assert len(read_folder(folder, {}).problems) == 2


def test_a_missing_folder_cannot_be_read(tmp_path: Path) -> None:
    """The sentence names it."""
    with pytest.raises(RulesUnreadable, match=r"no folder .*/nowhere: name one that holds \*\.yaml files"):
        read_folder(tmp_path / "nowhere", {})


def test_a_file_for_a_folder_cannot_be_read(folder: Path) -> None:
    """The sentence says what to name instead."""
    with pytest.raises(RulesUnreadable, match=r"00\.yaml is a file: name the folder that holds it"):
        read_folder(folder / "00.yaml", {})


def test_a_name_that_no_disk_can_have_cannot_be_read(tmp_path: Path) -> None:
    """Whatever else the disk says about it."""
    with pytest.raises(RulesUnreadable, match="cannot be read: File name too long"):
        read_folder(tmp_path / ("x" * 300), {})


def test_an_empty_folder_lacks_a_default(tmp_path: Path) -> None:
    """The problem's place is the folder, as no file holds it."""
    (problem,) = read_folder(tmp_path, {}).problems
    assert (problem.check, problem.location) == (Check.ONCE_PER_RULE_SET, Location(str(tmp_path)))


# --- The version


def version(folder: Path, **environment: str) -> str:
    """The version of the folder's rule set."""
    ruleset = read_folder(folder, environment).ruleset
    assert ruleset
    return ruleset.version


def test_the_version_does_not_depend_on_where_the_folder_is(folder: Path, tmp_path: Path) -> None:
    """Two machines with the same rules run the same version."""
    shutil.copytree(folder, tmp_path / "copy")
    assert version(folder) == version(tmp_path / "copy")


def test_the_version_is_another_when_anything_is(folder: Path) -> None:
    """A text, a name, a further file, and a value that the environment gives."""
    (folder / "00.yaml").write_text(DEFAULT + "vars: {number: '${NUMBER:-1}'}\n")
    found = [version(folder), version(folder, NUMBER="2")]
    (folder / "a.yaml").write_text("# nothing\n")
    found.append(version(folder))
    (folder / "a.yaml").rename(folder / "b.yaml")
    found.append(version(folder))
    (folder / "b.yaml").write_text("# nothing \n")
    found.append(version(folder))
    assert len(set(found)) == 5
    assert version(folder, NUMBER="1", OTHER="x") == found[-1]


# --- What a process begins with


def test_good_rules_are_kept_for_worse_days(folder: Path, store: Store) -> None:
    """With the names and the text of each file."""
    ruleset = starting_rules(folder, {}, store, NOW)
    assert ruleset.version == version(folder)
    assert store.last_rules() == {str(folder / "00.yaml"): DEFAULT}


@pytest.mark.parametrize("mishap", ["broken", "unreadable", "missing", "not UTF-8"])
def test_the_last_good_rules_run_when_the_folder_is_broken(
    mishap: str, folder: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that starts anew is not kept down by a mistake; the log says what runs, and why."""
    (folder / "a.yaml").write_text(rule("good"))
    good = starting_rules(folder, {}, store, NOW)
    match mishap:
        case "broken":
            (folder / "a.yaml").write_text("rules: [{}]\n")
        case "unreadable":
            (folder / "a.yaml").unlink()
            (folder / "a.yaml").symlink_to("nowhere")
        case "missing":
            shutil.rmtree(folder)
        case _:
            (folder / "a.yaml").write_bytes(b"\xff")
    with caplog.at_level(logging.WARNING):
        last = starting_rules(folder, {}, store, NOW)
    assert (last.version, [each.name for each in last.rules]) == (good.version, ["good"])
    (record,) = caplog.records
    assert vars(record)["fields"]["running"] == good.version
    assert str(folder) in vars(record)["fields"]["error"]
    assert store.last_rules() == {
        str(folder / "00.yaml"): DEFAULT,
        str(folder / "a.yaml"): rule("good"),
    }


def test_the_very_first_start_needs_good_rules(folder: Path, store: Store) -> None:
    """All problems come with the refusal, for whoever shows them."""
    (folder / "a.yaml").write_text("ruels: []\n")
    with pytest.raises(RulesBroken, match=f"desk check {folder}") as caught:
        starting_rules(folder, {}, store, NOW)
    assert [problem.check for problem in caught.value.problems] == [Check.UNKNOWN_KEY]
    with pytest.raises(RulesUnreadable):
        starting_rules(folder / "nowhere", {}, store, NOW)


def test_last_good_rules_that_this_environment_cannot_fill_are_no_help(folder: Path, store: Store) -> None:
    """They were good with a variable that is no longer set: the folder's own problems are raised."""
    (folder / "00.yaml").write_text(DEFAULT + "vars: {number: '${NUMBER}'}\n")
    starting_rules(folder, {"NUMBER": "+1"}, store, NOW)
    with pytest.raises(RulesBroken) as caught:
        starting_rules(folder, {}, store, NOW)
    assert [problem.check for problem in caught.value.problems] == [Check.VARIABLE]


def test_a_lost_database_does_not_keep_good_rules_from_running(
    folder: Path, lost: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a warning."""
    assert starting_rules(folder, {}, lost, NOW).version == version(folder)
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", "rules not kept")


def test_broken_rules_and_a_lost_database_end_the_start(
    folder: Path, lost: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """With the rules' own problems, as those are what can be mended here."""
    (folder / "a.yaml").write_text("ruels: []\n")
    with pytest.raises(RulesBroken):
        starting_rules(folder, {}, lost, NOW)
    assert [record.getMessage() for record in caplog.records] == ["last good rules unknown"]


def test_what_ran_before_is_the_last_resort(tmp_path: Path) -> None:
    """A worker that starts anew with broken rules and no database runs what the server began with."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text("default: {defer: a}\n")
    (tmp_path / "file").write_text("")
    lost = Store(f"sqlite:///{tmp_path}/file/desk.db")
    good = starting_rules(folder, {}, lost, NOW)
    (folder / "a.yaml").write_text("default: {defer:\n")
    assert starting_rules(folder, {}, lost, NOW, good) is good
