"""What the rules know besides the render."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


def somewhere(rule):
    """Marks a rule that has to hold of an object in one render at least, not in each: its other end may be in another component."""
    rule.somewhere = True
    return rule


def handmade_secrets(page):
    """Secret -> its keys, of the table in the section "Secrets" of docs/KUBERNETES.md: what operators are told to make by hand."""
    section = re.search(r"^## Secrets$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    found = {}
    for line in section[1].splitlines() if section else []:
        cells = line.split("|")
        if len(cells) >= 4:
            for called in re.findall(r"`([a-z0-9-]+)`", cells[1]):
                found[called] = set(re.findall(r"`([^`]+)`", cells[2]))
    return found


@dataclass(frozen=True)
class Context:
    """The workspace's version, its queues, and the Secrets that its documentation tells operators to make by hand."""

    version: str
    handmade: dict
    queues: frozenset

    @classmethod
    def of_repository(cls, root: Path):
        manifest = tomllib.loads((root / "Cargo.toml").read_text())
        sources = (root / "crates").glob("*-service/src/**/*.rs")
        queues = {q for s in sources for q in re.findall(r'\bconst QUEUE: &str = "([^"]+)"', s.read_text())}
        return cls(
            version=manifest["workspace"]["package"]["version"],
            handmade=handmade_secrets((root / "docs" / "KUBERNETES.md").read_text()),
            queues=frozenset(queues),
        )
