"""Renders: the overlays as they stand, and the base with the components that make sense together."""

import itertools
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from objects import Render, namespace

# Components of which an installation takes at most one.
ALTERNATIVES = [{"autoscaling", "autoscaling-keda"}]


class RenderError(Exception):
    """kustomize refused; its own words."""


@dataclass(frozen=True)
class Plan:
    """What to render: an overlay as it is, perhaps with the jobs that are started by hand in it; or the base with components, as an
    overlay would have them."""

    label: str
    directory: Path
    components: tuple | None = None
    jobs: tuple = ()


def makes_sense(components):
    return all(len(alternative & set(components)) < 2 for alternative in ALTERNATIVES)


def combinations(components):
    """None, each alone, each pair, and the largest sets, without two of the same alternative."""
    names = sorted(components)
    wanted = [(), *((n,) for n in names), *itertools.combinations(names, 2)]
    for size in range(len(names), 2, -1):
        largest = [c for c in itertools.combinations(names, size) if makes_sense(c)]
        if largest:
            wanted += largest
            break
    return [c for c in wanted if makes_sense(c)]


def _kustomizations(directory):
    return [k.parent for k in sorted(directory.glob("*/kustomization.yaml"))]


def plans(root):
    """All renders of a deploy/k8s directory."""
    found = [Plan(f"overlays/{d.name}", d) for d in _kustomizations(root / "overlays")]
    components = {d.name: d for d in _kustomizations(root / "components")}
    if not found or not components:
        raise RenderError(f"{root} has no overlays or no components: is it the right directory?")
    for combination in combinations(components):
        label = " + ".join(["base", *combination])
        found.append(Plan(label, root / "base", tuple(components[c] for c in combination)))
    jobs = tuple(sorted((root / "jobs").glob("*.yaml")))
    return [*found, *(Plan(f"{p.label} + jobs", p.directory, jobs=jobs) for p in found if p.components is None and jobs)]


def _started_in(namespace, file):
    """A job, as `kubectl --namespace … create` makes it."""
    for job in _documents(file.read_text()):
        job["metadata"].setdefault("namespace", namespace)
        yield job


def _named(kustomization):
    """The files and directories that a kustomization.yaml names."""
    written = yaml.safe_load(kustomization.read_text()) or {}
    for key in ("resources", "components", "crds"):
        yield from written.get(key) or []
    yield from (p["path"] for p in written.get("patches") or [] if "path" in p)
    for key in ("configMapGenerator", "secretGenerator"):
        for generator in written.get(key) or []:
            for file in [*(generator.get("files") or []), *(generator.get("envs") or [])]:
                yield file.rpartition("=")[2]


def orphans(root):
    """Files beside the kustomizations of a deploy/k8s directory that none of them names."""
    kustomizations = sorted(root.glob("*/**/kustomization.yaml"))
    named = {(k.parent / n).resolve() for k in kustomizations for n in _named(k) if isinstance(n, str)}
    for part in ("base", "components", "overlays"):
        for file in sorted((root / part).rglob("*")):
            if not file.is_file() or file.name in ("kustomization.yaml", "README.md"):
                continue
            if file.resolve() not in named:
                yield file.relative_to(root)


def _kustomize(directory):
    kubectl = Path(sys.executable).parent / "kubectl"
    done = subprocess.run([kubectl, "kustomize", directory], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RenderError(done.stderr.strip())
    # kustomize warns of fields that a later version will no longer take.
    if done.stderr.strip():
        raise RenderError(done.stderr.strip())
    return _documents(done.stdout)


def _documents(text):
    return [d for d in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if d]


def _from(here, to):
    """kustomize takes relative paths only."""
    return os.path.relpath(to.resolve(), here)


def render(plan):
    """Runs kustomize; `RenderError` with its message if it refuses or warns."""
    if plan.components is None:
        objects = _kustomize(plan.directory)
        there = next((namespace(o) for o in objects if namespace(o)), None)
        return Render(plan.label, [*objects, *(job for file in plan.jobs for job in _started_in(there, file))])
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch).resolve()
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            # As an overlay would.
            "namespace": "marketplace",
            "resources": [_from(here, plan.directory)],
            "components": [_from(here, c) for c in plan.components],
        }
        (here / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return Render(plan.label, _kustomize(here))
