"""Renders every overlay and combination of components, and checks each against the schemas and our rules."""

import argparse
import os
import sys
import unittest
from pathlib import Path

import render as renders
import selftest
from report import check

ROOT = Path(__file__).resolve().parents[3]


def self_test():
    """Whether the rules and schemas find what they are for; shows what they do not."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(selftest)
    with open(os.devnull, "w") as quiet:
        result = unittest.TextTestRunner(stream=quiet).run(suite)
    for test, report in [*result.failures, *result.errors]:
        print(f"{test}\n{report}", file=sys.stderr)
    print(f"self-test: {result.testsRun} tests, {len(result.failures) + len(result.errors)} failed", flush=True)
    return result.wasSuccessful()


def main():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT / "deploy" / "k8s", help="holds base, components and overlays")
    parser.add_argument("--binaries", type=Path, help="a directory with the services' programs: ask them about their settings, too")
    parser.add_argument("--render", metavar="LABEL", help="print one render, such as 'base + ingress', and check nothing")
    arguments = parser.parse_args()
    try:
        if arguments.render:
            return show(arguments.root, arguments.render)
        return self_test() and check(ROOT, arguments.root, arguments.binaries)
    except renders.RenderError as error:
        print(error, file=sys.stderr)
        return False


def show(root, label):
    plan = next((p for p in renders.plans(root) if p.label == label), None)
    if plan is None:
        print(f"There is no {label!r}, only:", *(f"  {p.label}" for p in renders.plans(root)), sep="\n", file=sys.stderr)
        return False
    print(renders.yaml.safe_dump_all(renders.render(plan).objects, sort_keys=False), end="")
    return True


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
