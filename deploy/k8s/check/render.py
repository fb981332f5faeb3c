"""Renders the overlays, and the base with combinations of components, with the kustomize that is built into kubectl."""

import os
import re
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import yaml

from objects import Render

# An installation takes one of these components. No combination contains both.
ALTERNATIVES = ("autoscaling", "autoscaling-keda")


def documents(text):
    return [d for d in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if d]


def kustomize(directory):
    """The objects of a kustomization. Exits with kustomize's own words where it refuses or warns."""
    kubectl = Path(sys.executable).parent / "kubectl"
    done = subprocess.run([kubectl, "kustomize", directory], capture_output=True, text=True, check=False)
    # A warning announces a field that a later version of kustomize rejects.
    if done.returncode != 0 or done.stderr.strip():
        raise SystemExit(f"kustomize: {done.stderr.strip()}")
    return documents(done.stdout)


def combinations(names):
    """Combinations -> whether they are complete: none, each component alone, as many as go together, and all of these but one."""
    # A component that needs another fails where that one is missing; components that conflict fail in a largest combination.
    largest = {frozenset(names) - {one} for one in ALTERNATIVES}
    found = largest | {frozenset(), *(frozenset({n}) for n in names), *(every - {n} for every in largest for n in every)}
    return {tuple(sorted(c)): c in largest for c in sorted(found, key=lambda c: (len(c), sorted(c)))}


def _combination(root, components, complete):
    """The base with components, as an overlay would name them."""
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch).resolve()
        # kustomize takes relative paths only.
        base, *paths = (os.path.relpath((root / d).resolve(), here) for d in ("base", *(f"components/{c}" for c in components)))
        kustomization = {"namespace": "marketplace", "resources": [base], "components": paths}
        (here / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return Render(" + ".join(["base", *components]), kustomize(here), complete)


def _overlay(root, overlay):
    """An overlay, and the jobs that operators start in its namespace with `kubectl create`."""
    objects = kustomize(root / "overlays" / overlay)
    for job in (job for file in sorted((root / "jobs").glob("*.yaml")) for job in documents(file.read_text())):
        objects.append({**job, "metadata": {"namespace": objects[-1]["metadata"].get("namespace"), **job["metadata"]}})
    return Render(f"overlays/{overlay}", objects)


def plans(root):
    """Functions that render everything in a deploy/k8s directory."""
    overlays, components = ([k.parent.name for k in (root / d).glob("*/kustomization.yaml")] for d in ("overlays", "components"))
    found = [partial(_overlay, root, overlay) for overlay in sorted(overlays)]
    return found + [partial(_combination, root, names, complete) for names, complete in combinations(components).items()]


def orphans(root):
    """Complains about files beside the kustomizations of a deploy/k8s directory that none of them names."""
    words = [(k.parent, re.sub(r"#.*", "", k.read_text())) for k in root.glob("*/**/kustomization.yaml")]
    named = {(directory / word).resolve() for directory, text in words for word in re.findall(r"[\w./-]+", text)}
    for file in sorted(f for part in ("base", "components", "overlays") for f in (root / part).rglob("*") if f.is_file()):
        if file.name not in ("kustomization.yaml", "README.md") and file.resolve() not in named:
            yield f"{file.relative_to(root)}: no kustomization.yaml names it"
