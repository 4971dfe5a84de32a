"""The store, on both databases that it knows: the last good rules, and what becomes of a lost database."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import pytest

from app.errors import SettingsError, StoreError
from app.storage import Store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FILES = {"rules/b.yaml": "default: {defer: später}\n", "rules/a.yaml": "vars: {}\n"}
PASSWORD = "hunter2secret"

FOLDER = "rules"
Opening = Callable[[str], Store]


@pytest.fixture
def opened() -> Iterator[Opening]:
    """Makes stores, and closes them after the test."""
    stores: list[Store] = []

    def make(address: str) -> Store:
        stores.append(Store(address))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("database"))
    return f"sqlite:///{tmp_path}/not/yet/there/desk.db"


def test_a_new_database_holds_no_rules(address: str, opened: Opening) -> None:
    """The very first start finds nothing to fall back to."""
    assert opened(address).last_rules(FOLDER) is None


def test_rules_are_read_back_as_they_were_kept(address: str, opened: Opening) -> None:
    """Names, text and the order of the files survive, in another process's store too."""
    opened(address).keep_rules(FOLDER, "v1", FILES, NOW)
    found = opened(address).last_rules(FOLDER)
    assert found == FILES
    assert list(found or ()) == list(FILES)


def test_only_the_last_good_rules_are_kept(address: str, opened: Opening) -> None:
    """A later rule set takes the place of the one before it."""
    store = opened(address)
    store.keep_rules(FOLDER, "v1", {"a.yaml": "one"}, NOW)
    store.keep_rules(FOLDER, "v2", {"a.yaml": "two"}, NOW + timedelta(minutes=1))
    assert store.last_rules(FOLDER) == {"a.yaml": "two"}


def test_going_back_to_an_earlier_version_makes_it_the_last(address: str, opened: Opening) -> None:
    """A version that was kept before may be kept again."""
    store = opened(address)
    for minute, version in enumerate(("v1", "v2", "v1", "v1")):
        store.keep_rules(FOLDER, version, {"a.yaml": version}, NOW + timedelta(minutes=minute))
    assert store.last_rules(FOLDER) == {"a.yaml": "v1"}


def test_each_folder_has_its_own(address: str, opened: Opening) -> None:
    """Where a name was mistyped, the rules of another folder are no help."""
    store = opened(address)
    store.keep_rules(FOLDER, "v1", FILES, NOW)
    store.keep_rules("other", "v1", {"a.yaml": "other"}, NOW)
    assert store.last_rules(FOLDER) == FILES
    assert store.last_rules("other") == {"a.yaml": "other"}
    assert store.last_rules("rulse") is None


def test_a_database_that_answers_is_up(address: str, opened: Opening) -> None:
    """Ping says nothing where all is well, again and again."""
    store = opened(address)
    store.ping()
    store.ping()


def test_many_stores_may_keep_the_same_new_rules_at_once(address: str, opened: Opening) -> None:
    """Workers of one deployment begin together, on an empty database, with the same rules."""
    together = threading.Barrier(8)
    failures: list[StoreError] = []

    def begin(store: Store) -> None:
        together.wait()
        try:
            store.keep_rules(FOLDER, "v1", FILES, NOW)
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=begin, args=(opened(address),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert opened(address).last_rules(FOLDER) == FILES


def test_many_processes_may_keep_different_rules_at_once(address: str, opened: Opening) -> None:
    """None fails, and one of the rule sets is whole afterwards."""
    opened(address).keep_rules(FOLDER, "v0", {"a.yaml": "zero"}, NOW)
    program = """
import sys
from datetime import UTC, datetime
from app.storage import Store
store = Store(sys.argv[1])
for number in range(20):
    version = f"{sys.argv[2]}-{number}"
    store.keep_rules("rules", version, {"a.yaml": version}, datetime.now(UTC))
store.close()
"""
    command = [sys.executable, "-c", program, address]
    processes = [subprocess.Popen([*command, name], stderr=subprocess.PIPE) for name in ("left", "right")]
    for process in processes:
        assert (process.communicate(timeout=30)[1], process.returncode) == (b"", 0)
    found = opened(address).last_rules(FOLDER)
    assert found is not None
    assert found["a.yaml"] in {"left-19", "right-19"}


def test_making_a_store_opens_no_connection() -> None:
    """A service starts while its database is away: nothing is connected until something is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        Store(f"postgresql://desk:{PASSWORD}@127.0.0.1:{listening.getsockname()[1]}/desk").close()
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_making_a_store_makes_no_database_file(tmp_path: Path) -> None:
    """SQLite's file appears with the first question."""
    store = Store(f"sqlite:///{tmp_path}/desk.db")
    assert not (tmp_path / "desk.db").exists()
    store.ping()
    assert (tmp_path / "desk.db").exists()
    store.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.mark.parametrize(
    "ask",
    [
        Store.ping,
        lambda store: store.last_rules(FOLDER),
        lambda store: store.keep_rules(FOLDER, "v", {}, NOW),
    ],
)
def test_an_unreachable_server_is_a_sentence_without_the_password(
    ask: Callable[[Store], object], opened: Opening
) -> None:
    """Refused at once, and the message can be logged."""
    began = perf_counter()
    with pytest.raises(StoreError, match="the database does not answer") as caught:
        ask(opened(f"postgres://desk:{PASSWORD}@127.0.0.1:{closed_port()}/desk"))
    assert perf_counter() - began < 1.5
    assert PASSWORD not in str(caught.value)


def test_a_server_that_never_answers_is_given_up_quickly(opened: Opening) -> None:
    """The connect timeout holds for a server that accepts and says nothing."""
    began = perf_counter()
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(StoreError):
        opened(f"postgresql://desk@127.0.0.1:{silent.getsockname()[1]}/desk").ping()
    assert perf_counter() - began < 4


def test_a_wrong_password_is_not_repeated(postgresql: str, opened: Opening) -> None:
    """What the server says of a login is not in the message."""
    with pytest.raises(StoreError) as caught:
        opened(postgresql.replace("desk@", f"nobody-here:{PASSWORD}@")).ping()
    assert PASSWORD not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_an_unreachable_database(tmp_path: Path, opened: Opening) -> None:
    """A file stands where SQLite's folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        opened(f"sqlite:///{tmp_path}/file/desk.db").ping()


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path, opened: Opening) -> None:
    """Something else wrote there."""
    (tmp_path / "desk.db").write_text("this is no SQLite file, and long enough to be looked at " * 20)
    with pytest.raises(StoreError, match="DatabaseError"):
        opened(f"sqlite:///{tmp_path}/desk.db").last_rules(FOLDER)


def test_sqlite_in_memory_is_accepted(opened: Opening) -> None:
    """For a try without any file."""
    store = opened("sqlite://")
    store.keep_rules(FOLDER, "v1", FILES, NOW)
    assert store.last_rules(FOLDER) == FILES


def test_postgres_as_hosts_hand_it_out_is_accepted(database: str, opened: Opening) -> None:
    """`postgres://` is what Heroku and others call it."""
    store = opened(database.replace("postgresql://", "postgres://"))
    store.keep_rules(FOLDER, "v1", FILES, NOW)
    assert opened(database.replace("postgresql://", "postgresql+psycopg://")).last_rules(FOLDER) == FILES


@pytest.mark.parametrize(
    "wrong",
    [
        f"mysql://desk:{PASSWORD}@localhost/desk",
        f"oracle://desk:{PASSWORD}@localhost/desk",
        f"postgresql+nonsense://desk:{PASSWORD}@localhost/desk",
        f"postgresql+pg8000://desk:{PASSWORD}@localhost/desk",
        f"postgresql://desk@localhost:{PASSWORD}/desk",
        "desk.db",
        "/var/lib/desk.db",
        "://",
        "sqlite",
        "x",
    ],
)
def test_an_address_of_no_known_database_is_refused(wrong: str) -> None:
    """The sentence names the variable and what it may begin with, and holds nothing of the address."""
    with pytest.raises(SettingsError, match="DATABASE_URL") as caught:
        Store(wrong)
    assert PASSWORD not in str(caught.value)


def test_postgresql_without_its_driver_says_what_to_install() -> None:
    """The driver is an extra of the distribution."""
    program = """
import sys
sys.modules["psycopg"] = None
from app.errors import SettingsError
from app.storage import Store
try:
    Store("postgresql://desk@localhost/desk")
except SettingsError as error:
    print(error)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "desk[postgres]" in ended.stdout
