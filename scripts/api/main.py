"""Runs the checks of scripts/check-api."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import document
import tour
from server import Server

HERE = pathlib.Path(__file__).parent


def schemathesis(server, who, login, long, arguments):
    """All checks and phases as one user. What it finds is printed, with a command that repeats it. Returns whether all is well."""
    command = [
        pathlib.Path(sys.executable).with_name("schemathesis"),
        "--config-file", HERE / "schemathesis.toml",
        "run", f"{server.url}/api/openapi.json",
        "--max-examples", "150" if long else "6",
        # More would be threads, and CPython 3.11 cannot parse in two threads at once: "AST constructor recursion depth mismatch".
        "--workers", "1",
        *([] if long else ["--seed", "1"]),
        *arguments,
    ]
    print(f"Schemathesis as {who}.", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": str(HERE / "rules.py"),
            "LOGIN_URL": f"{server.url}/api/users/login",
            "LOGIN_BODY": json.dumps(login),
        }
        is_well = subprocess.run(command, env=environment, cwd=scratch).returncode == 0
    server.audit()
    return is_well


def main():
    binary, *arguments = sys.argv[1:]
    binary = str(pathlib.Path(binary).resolve())
    long = "--long" in arguments[:1]
    arguments = arguments[long:]
    with Server(binary) as server:
        count = document.check(server.document())
        print(f"The document is valid OpenAPI 3.1; {count} examples fit their schemas.")
        tour.take(server)
        print("The generated client has taken the tour.", flush=True)
    failed = []
    for who, role in [("a user", None), ("an administrator", "admin")]:
        with Server(binary) as server:
            is_well = schemathesis(server, who, server.register("tester", role), long, arguments)
        if not is_well:
            failed.append(who)
    if failed:
        raise SystemExit(f"Schemathesis has failed as {' and as '.join(failed)}.")


main()
