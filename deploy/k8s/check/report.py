"""Checks all renders and reports: a problem once, with the renders that have it."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import handmade
import render as renders
import schema
from objects import title
from rules import ALL, Context
from settings import refused_settings


class Somewhere(str):
    """A problem that is none if another render with the same object does not have it."""

    def holds(self, labels, subjects):
        subject = self.partition(": ")[0]
        return all(label in labels for label, titles in subjects.items() if subject in titles)


def _rendered(plan):
    try:
        return renders.render(plan)
    except renders.RenderError as error:
        return error


def problems_of(rendered, context, known):
    """Everything wrong with one render. `known` keeps what was said of an object's shape: many renders share it."""
    for obj in rendered.objects:
        key = json.dumps(obj, sort_keys=True, default=str)
        if key not in known:
            known[key] = schema.problems(obj)
        yield from (f"{title(obj)}: {problem}" for problem in known[key])
    # Rules rely on the shape of what they look at.
    if all(not known[json.dumps(o, sort_keys=True, default=str)] for o in rendered.objects):
        for rule in ALL:
            for problem in rule(rendered, context):
                yield Somewhere(problem) if getattr(rule, "somewhere", False) else problem


def _of_handmade_secrets(root, context, stores):
    if not (root / "make-secrets").is_file():
        return ["make-secrets is not there"]
    try:
        return list(handmade.problems(handmade.made(root), context, stores))
    except subprocess.CalledProcessError as error:
        return [f"make-secrets fails: {error.stderr.strip()}"]


def check(repository, root, binaries):
    """Prints what is wrong with the manifests under `root`; whether nothing is."""
    context = Context.of_repository(repository)
    plans = renders.plans(root)
    with ThreadPoolExecutor() as pool:
        rendered = list(pool.map(_rendered, plans))
    found = {f"{file}: no kustomization.yaml names it": ["deploy/k8s"] for file in renders.orphans(root)}
    objects, known, subjects = 0, {}, {}
    for plan, result in zip(plans, rendered, strict=True):
        if isinstance(result, renders.RenderError):
            found.setdefault(f"kustomize: {result}", []).append(plan.label)
            continue
        objects += len(result.objects)
        subjects[plan.label] = {title(o) for o in result.objects}
        problems = list(problems_of(result, context, known))
        if binaries:
            problems += refused_settings(result, binaries)
        for problem in problems:
            found.setdefault(problem, []).append(plan.label)
    stores = [p for r in rendered if not isinstance(r, renders.RenderError) for p in r.pods if p.spec is None]
    for problem in _of_handmade_secrets(root, context, stores):
        found[problem] = ["deploy/k8s"]
    found = {p: labels for p, labels in found.items() if not isinstance(p, Somewhere) or p.holds(labels, subjects)}
    for problem, labels in found.items():
        more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
        print(f"{problem}\n    in {labels[0]}{more}", file=sys.stderr)
    if found:
        print(f"{len(plans)} renders, {objects} objects: {len(found)} problems", file=sys.stderr)
    else:
        print(f"{len(plans)} renders, {objects} objects: good")
    return not found
