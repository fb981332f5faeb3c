"""Reads dashboards as Grafana's own SDK does (PyPI: grafana-foundation-sdk, made from Grafana's schemas) and writes them again: a field that Grafana
does not know, or an option that a kind of panel does not have, is lost on the way.

    PYTHONPATH=where-the-sdk-is python3 check.py DASHBOARD...
"""

import copy
import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(before, after, path=""):
    """What of one JSON value is missing, or is another, in the other."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{path}/{key}")
            else:
                yield f"{path}/{key} is nothing that Grafana knows"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after)):
            yield from lost(one, other, f"{path}/{place}")
    elif before != after:
        yield f"{path} is {before!r}; Grafana reads {after!r}"


def faults(board):
    return list(lost(board, json.loads(JSONEncoder().encode(Dashboard.from_json(board)))))


def misspelt(board):
    """The board with a field that there is not, in a place that only the reader of a panel's options comes to."""
    board = copy.deepcopy(board)
    panel = next(panel for panel in board["panels"] if panel["type"] != "row")
    panel["fieldConfig"]["defaults"]["untt"] = "s"
    return board


def main(paths):
    register_default_plugins()
    found = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            board = json.load(file)
        found += [f"{path}: {fault}" for fault in faults(board)]
        if not faults(misspelt(board)):
            found.append(f"{path}: this check does not see what is wrong")
    if found:
        sys.exit("\n".join(found))
    print(f"{len(paths)} dashboards are what Grafana reads")


main(sys.argv[1:])
