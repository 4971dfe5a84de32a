"""The same targets, searched by coverage: what leads to new lines of ours is varied further.

    pip install -e '.[fuzz]'
    python -m tests.fuzz.guided rules -max_total_time=600

What stands behind the name are options of libFuzzer, and folders with more to begin with. What breaks a
target is told with its traceback and written to a file `crash-…`; given behind the name, that is run again.
"""

import logging
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris


def main() -> None:
    with atheris.instrument_imports(include=["app"]):
        ours = import_module("tests.fuzz.targets")
    name, options = sys.argv[1], sys.argv[2:]
    if name not in ours.NAMES:
        sys.exit(f"there is no target {name!r}: choose one of {', '.join(ours.NAMES)}")
    logging.disable()
    with TemporaryDirectory() as folder, ours.endpoints(f"sqlite:///{folder}/desk.db") as client:
        target = ours.targets(client)[name]
        seeds = Path(folder, "seeds")
        seeds.mkdir()
        for number, seed in enumerate(target.seeds):
            (seeds / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], *options, str(seeds)], target.feed)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
