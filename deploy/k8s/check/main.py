"""Renders every overlay and combination of components, and checks each against the schemas and our rules."""

import argparse
import json
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import render as renders
import schema
import selftest
from objects import title
from rules import ALL, Context
from settings import refused_settings

ROOT = Path(__file__).resolve().parents[3]


def self_test():
    """Whether the rules and schemas find what they are for; shows what they do not."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(selftest)
    with open("/dev/null", "w") as quiet:
        result = unittest.TextTestRunner(stream=quiet).run(suite)
    for test, report in [*result.failures, *result.errors]:
        print(f"{test}\n{report}", file=sys.stderr)
    print(f"self-test: {result.testsRun} tests, {len(result.failures) + len(result.errors)} failed", flush=True)
    return result.wasSuccessful()


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


def check(root, binaries):
    """Prints what is wrong; whether nothing is."""
    context = Context.of_repository(ROOT)
    plans = renders.plans(root)
    with ThreadPoolExecutor() as pool:
        rendered = list(pool.map(_rendered, plans))
    found = {f"{file}: no kustomization.yaml names it": ["deploy/k8s"] for file in renders.orphans(root)}
    objects, known, subjects = 0, {}, {}
    for plan, result in zip(plans, rendered):
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
    found = {p: labels for p, labels in found.items() if not isinstance(p, Somewhere) or p.holds(labels, subjects)}
    for problem, labels in found.items():
        more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
        print(f"{problem}\n    in {labels[0]}{more}", file=sys.stderr)
    if found:
        print(f"{len(plans)} renders, {objects} objects: {len(found)} problems", file=sys.stderr)
    else:
        print(f"{len(plans)} renders, {objects} objects: good")
    return not found


def main():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT / "deploy" / "k8s", help="holds base, components and overlays")
    parser.add_argument("--binaries", type=Path, help="a directory with the services' programs: ask them about their settings, too")
    parser.add_argument("--render", metavar="LABEL", help="print one render, such as 'base + ingress', and check nothing")
    arguments = parser.parse_args()
    if arguments.render:
        return show(arguments.root, arguments.render)
    return self_test() and check(arguments.root, arguments.binaries)


def show(root, label):
    plan = next((p for p in renders.plans(root) if p.label == label), None)
    if plan is None:
        print(f"There is no {label!r}, only:", *(f"  {p.label}" for p in renders.plans(root)), sep="\n", file=sys.stderr)
        return False
    print(renders.yaml.safe_dump_all(renders.render(plan).objects, sort_keys=False), end="")
    return True


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
