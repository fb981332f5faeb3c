"""What the rules know besides the render."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


def somewhere(rule):
    """Marks a rule that has to hold of an object in one render at least, not in each: its other end may be in another component."""
    rule.somewhere = True
    return rule


@dataclass(frozen=True)
class Context:
    """The workspace's version, its queues, and the page that tells operators which Secrets to make by hand."""

    version: str
    documentation: str
    queues: frozenset

    @classmethod
    def of_repository(cls, root: Path):
        manifest = tomllib.loads((root / "Cargo.toml").read_text())
        page = root / "docs" / "KUBERNETES.md"
        sources = (root / "crates").glob("*-service/src/**/*.rs")
        queues = {q for s in sources for q in re.findall(r'\bconst QUEUE: &str = "([^"]+)"', s.read_text())}
        return cls(
            version=manifest["workspace"]["package"]["version"],
            documentation=page.read_text() if page.is_file() else "",
            queues=frozenset(queues),
        )

    def documents(self, word):
        return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", self.documentation) is not None
