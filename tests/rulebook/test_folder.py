"""The rules folder: which files are read, what becomes of the others, and what counts as a change."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest

from app.engine.catalogue import Check
from app.errors import RulesUnreadable
from app.model import Location
from app.rulebook import Reading, read_folder
from app.rulebook.folder import fingerprint
from tests.rulebook.conftest import DEFAULT, rule


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
    assert names(read_folder(folder, {}, lint=False)) == expected


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


def test_a_file_name_in_another_encoding_can_be_read_and_kept(folder: Path) -> None:
    """A disk takes names that are no UTF-8; neither the JSON of problems nor the database does."""
    path = os.path.join(os.fsencode(folder), b"caf\xe9.yaml")  # noqa: PTH118  a name in bytes
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(rule("cafe").encode())
    reading = read_folder(folder, {})
    assert names(reading) == ["cafe"]
    assert json.dumps([file.name for file in reading.files], ensure_ascii=False).encode()


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


# --- What counts as a change


def _rewritten(folder: Path) -> None:
    (folder / "00.yaml").write_text(DEFAULT.replace("nobody", "nobody at all"))


def _replaced(folder: Path) -> None:
    (folder / "new").write_text(DEFAULT)
    (folder / "new").replace(folder / "00.yaml")


def _touched(folder: Path) -> None:
    os.utime(folder / "00.yaml", ns=(0, 0))


def _joined(folder: Path) -> None:
    (folder / "a.yml").write_text("")


def _renamed(folder: Path) -> None:
    (folder / "00.yaml").rename(folder / "01.yaml")


def _removed(folder: Path) -> None:
    (folder / "00.yaml").unlink()


def _forbidden(folder: Path) -> None:
    (folder / "00.yaml").chmod(0)


def _linked(folder: Path) -> None:
    (folder / "00.yaml").rename(folder / "elsewhere")
    (folder / "00.yaml").symlink_to(folder / "nowhere")


def _made_again(folder: Path) -> None:
    folder.rename(folder.parent / "old")
    shutil.copytree(folder.parent / "old", folder)


def _gone(folder: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "change",
    [
        _rewritten,
        _replaced,
        _touched,
        _joined,
        _renamed,
        _removed,
        _forbidden,
        _linked,
        _made_again,
        _gone,
    ],
)
def test_whatever_may_change_a_rule_is_a_change(change: Callable[[Path], None], folder: Path) -> None:
    """Without a file being read for it."""
    before = fingerprint(folder)
    assert fingerprint(folder) == before
    change(folder)
    assert fingerprint(folder) != before


def test_what_a_link_leads_to_counts(folder: Path, tmp_path: Path) -> None:
    """What is behind a link changes when the link leads elsewhere, and when what it leads to changes."""
    shutil.copytree(folder, tmp_path / "other")
    (tmp_path / "link").symlink_to(folder)
    (folder / "a.yaml").symlink_to(tmp_path / "a.txt")
    seen = [fingerprint(tmp_path / "link")]
    (tmp_path / "a.txt").write_text("vars: {}\n")
    seen.append(fingerprint(tmp_path / "link"))
    (tmp_path / "new").symlink_to("other")
    (tmp_path / "new").replace(tmp_path / "link")
    seen.append(fingerprint(tmp_path / "link"))
    assert len(set(seen)) == 3


def test_what_an_editor_leaves_beside_is_no_change(folder: Path) -> None:
    """Swap files, backups, the number that vim tries whether it may write, and a folder."""
    before = fingerprint(folder)
    for name in (".00.yaml.swp", "4913", "00.yaml~", ".#00.yaml", "#00.yaml#", ".00.yaml"):
        (folder / name).write_text("anything")
    (folder / "drafts.yaml").mkdir()
    assert fingerprint(folder) == before
