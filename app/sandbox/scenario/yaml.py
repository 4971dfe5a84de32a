"""YAML text to plain values, and the line at which each stands.

Words mean what they look like, as in YAML 1.2: `12:30`, `on` and `2027-01-04` are text.
"""

import re
from collections.abc import Hashable, Sequence
from typing import Any

import yaml

MOST_BYTES = 1024 * 1024
DEEPEST = 50


class YamlBroken(Exception):
    """Text that is no YAML; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


class _Loader(yaml.SafeLoader):
    """Resolves few words, and refuses keys that come twice, aliases, tags and what nests too deep."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise YamlBroken(line, "aliases (*name) are not read here")
        if getattr(self.peek_event(), "tag", None):  # type: ignore[no-untyped-call]
            raise YamlBroken(line, "tags (!!name) are not read here")
        self.depth += 1
        if self.depth > DEEPEST:
            raise YamlBroken(line, f"nested more than {DEEPEST} deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise YamlBroken(line, "a key is a name or a number")
            if key.value in seen:
                raise YamlBroken(line, f"{key.value!r} stands here twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~"),
    # Longer ones are text: nothing counts so far, and not all of it is a number of JSON.
    ("int", r"-?(?:0|[1-9][0-9]{0,14})", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])


class Document:
    """What a YAML text holds: `value`, and the lines of all in it. Raises YamlBroken."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_BYTES:
            raise YamlBroken(1, f"it is longer than {MOST_BYTES} characters")
        try:
            loader = _Loader(text)
            self._root = loader.get_single_node()
            self.value: Any = loader.construct_document(self._root) if self._root else None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise YamlBroken(mark.line + 1 if mark else 1, error.problem or "it is no YAML") from None
        except yaml.YAMLError as error:
            raise YamlBroken(1, str(error).splitlines()[0]) from None

    def line_of(self, path: Sequence[str | int]) -> int:
        """Return the line of a value by its keys and indexes, or of as much of the way as there is."""
        node, line = self._root, 1
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line


def _child(node: Any, step: str | int) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None
