"""Renders every overlay and combination of components, and checks each against the schemas and our rules."""

import argparse
import re
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import cases
import config
import handmade
import render as renders
import rules

REPOSITORY = Path(__file__).resolve().parents[3]
OURS = REPOSITORY / "deploy" / "k8s"


def check(root, binaries):
    """Prints what is wrong with the manifests under `root`. Returns whether nothing is."""
    sources = [source.read_text() for source in (REPOSITORY / "crates").glob("*/src/**/*.rs")]
    facts = SimpleNamespace(
        version=tomllib.loads((REPOSITORY / "Cargo.toml").read_text())["workspace"]["package"]["version"],
        queues={queue for source in sources for queue in re.findall(r'\bconst QUEUE: &str = "([^"]+)"', source)},
        handmade=handmade.listed((REPOSITORY / "docs" / "KUBERNETES.md").read_text()),
    )
    with ThreadPoolExecutor() as pool:
        rendered = list(pool.map(lambda plan: plan(), renders.plans(root)))
    found = {problem: ["deploy/k8s"] for problem in [*renders.orphans(root), *handmade.problems(root, facts, rendered)]}
    for render in rendered:
        for problem in [*rules.problems(render, facts), *config.rejected_settings(render, binaries)]:
            found.setdefault(problem, []).append(render.label)
    for problem, labels in found.items():
        print(f"{problem}\n    in {labels[0]}{f' and {len(labels) - 1} more' if len(labels) > 1 else ''}", file=sys.stderr)
    print(f"{len(rendered)} renders, {sum(len(r.objects) for r in rendered)} objects: {len(found) or 'no'} problems")
    # The cases break our own overlay; that of a copy may differ.
    return not found and (root != OURS or cases.self_test(root, facts, rendered))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("--root", type=Path, default=OURS, help="contains base, components and overlays")
    parser.add_argument("--binaries", type=Path, help="a directory with the services' programs: also has them check their settings")
    sys.exit(0 if check(**vars(parser.parse_args())) else 1)
