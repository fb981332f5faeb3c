"""What the rules know besides the render."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Context:
    """The workspace's version, and the page that tells operators which Secrets to make by hand."""

    version: str
    documentation: str

    @classmethod
    def of_repository(cls, root: Path):
        manifest = tomllib.loads((root / "Cargo.toml").read_text())
        page = root / "docs" / "KUBERNETES.md"
        return cls(
            version=manifest["workspace"]["package"]["version"],
            documentation=page.read_text() if page.is_file() else "",
        )

    def documents(self, word):
        return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", self.documentation) is not None
