"""The last good rules of each folder."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import StoreError
from app.storage import GoodRules
from tests.conftest import Opening
from tests.storage.processes import outputs

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FILES = {"rules/b.yaml": "default: {defer: später}\n", "rules/a.yaml": "vars: {}\n"}
FOLDER = "rules"


@pytest.fixture
def rules(address: str, opened: Opening) -> GoodRules:
    return GoodRules(opened(address))


def test_a_new_database_holds_no_rules(rules: GoodRules) -> None:
    """The very first start finds nothing to fall back to."""
    assert rules.last_rules(FOLDER) is None


def test_rules_are_read_back_as_they_were_kept(rules: GoodRules, address: str, opened: Opening) -> None:
    """Names, text and the order of the files survive, in another process's database too."""
    rules.keep_rules(FOLDER, "v1", FILES, NOW)
    found = GoodRules(opened(address)).last_rules(FOLDER)
    assert found == FILES
    assert list(found or ()) == list(FILES)


def test_only_the_last_good_rules_are_kept(rules: GoodRules) -> None:
    """A later rule set takes the place of the one before it."""
    rules.keep_rules(FOLDER, "v1", {"a.yaml": "one"}, NOW)
    rules.keep_rules(FOLDER, "v2", {"a.yaml": "two"}, NOW + timedelta(minutes=1))
    assert rules.last_rules(FOLDER) == {"a.yaml": "two"}


def test_going_back_to_an_earlier_version_makes_it_the_last(rules: GoodRules) -> None:
    """A version that was kept before may be kept again."""
    for minute, version in enumerate(("v1", "v2", "v1", "v1")):
        rules.keep_rules(FOLDER, version, {"a.yaml": version}, NOW + timedelta(minutes=minute))
    assert rules.last_rules(FOLDER) == {"a.yaml": "v1"}


def test_each_folder_has_its_own(rules: GoodRules) -> None:
    """Where a name was mistyped, the rules of another folder are no help."""
    rules.keep_rules(FOLDER, "v1", FILES, NOW)
    rules.keep_rules("other", "v1", {"a.yaml": "other"}, NOW)
    assert rules.last_rules(FOLDER) == FILES
    assert rules.last_rules("other") == {"a.yaml": "other"}
    assert rules.last_rules("rulse") is None


def test_many_may_keep_the_same_new_rules_at_once(address: str, opened: Opening) -> None:
    """Workers of one deployment begin together, on an empty database, with the same rules."""
    together = threading.Barrier(8)
    failures: list[StoreError] = []

    def begin(rules: GoodRules) -> None:
        together.wait()
        try:
            rules.keep_rules(FOLDER, "v1", FILES, NOW)
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=begin, args=(GoodRules(opened(address)),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert GoodRules(opened(address)).last_rules(FOLDER) == FILES


KEEPING = """
for number in range(20):
    version = f"{sys.argv[2]}-{number}"
    rules.keep_rules("rules", version, {"a.yaml": version}, datetime.now(UTC))
"""


def test_many_processes_may_keep_different_rules_at_once(address: str, opened: Opening) -> None:
    """None fails, on a new database, and one of the rule sets is whole afterwards."""
    preparing = (
        "from datetime import UTC, datetime\n"
        "from app.storage import Database, GoodRules\n"
        "rules = GoodRules(Database(sys.argv[1]))"
    )
    names = ("left", "middle", "right")
    outputs(preparing, KEEPING, [(address, name) for name in names])
    found = GoodRules(opened(address)).last_rules(FOLDER)
    assert found is not None
    assert found["a.yaml"] in {f"{name}-19" for name in names}
