"""The check of the check: every rule must fail on what breaks it (cases.yaml), and so must what surrounds the rules."""

import json
import operator
import re
import shutil
import tempfile
from functools import reduce
from pathlib import Path

import yaml

import config
import handmade
import render as renders
import rules
from objects import Render, title


def _broken(objects, case):
    """A copy of the objects, broken as a case says."""
    objects = json.loads(json.dumps(objects))
    for wanted in case.get("delete", [case.get("in")]):
        chosen = next(obj for obj in objects if re.fullmatch(rf"{wanted}(-[a-z0-9]{{10}})?", title(obj)))
        if "delete" in case:
            objects.remove(chosen)
            continue
        *steps, last = [int(step) if step.isdigit() else step for step in case["set"].split()]
        parent = reduce(operator.getitem, steps, chosen)
        parent[last] = case.get("to")
        if "to" not in case:
            del parent[last]
    return objects


def _around(root, facts, production, case):
    """What is said of a copy of deploy/k8s with a file changed, and perhaps renamed, as a case says."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = shutil.copytree(root, Path(scratch) / "k8s")
        file = copy / case["file"]
        file.write_text(file.read_text().replace(case["replace"], case["by"]))
        file.rename(copy / case.get("as", case["file"]))
        found = [*config.rejected_settings(production, copy), *renders.orphans(copy)]
        found += handmade.problems(copy, facts, [production]) if (copy / "make-secrets").is_file() else []
        try:
            if file.match("overlays/*/*"):
                renders.kustomize(file.parent)
        except SystemExit as error:
            found.append(str(error))
        return found


def self_test(root, facts, rendered):
    """Whether everything that is broken on purpose is found. Prints what is not."""
    production = next(render for render in rendered if render.label == "overlays/production")
    cases = yaml.safe_load((rules.HERE / "cases.yaml").read_text())
    missed = [f"{rule}: not a rule, or one without a case" for rule in cases.keys() ^ {"", *rules.NAMES}]
    for rule, case in ((rule, case) for rule, group in cases.items() for case in group):
        broken = None if "file" in case else Render(production.label, _broken(production.objects, case))
        found = rules.problems(broken, facts, {rule}) if broken else _around(root, facts, production, case)
        if not any(case["says"] in problem and rule in problem for problem in found):
            missed.append(f"{rule}: {case} is not found, but {found}")
    print(*missed, f"self-test: {sum(map(len, cases.values()))} cases, {len(missed) or 'none'} missed", sep="\n")
    return not missed
