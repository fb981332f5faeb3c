"""Whether deploy/k8s/make-secrets creates the Secrets that docs/KUBERNETES.md lists, with URIs that lead to the stores that run here."""

import json
import re
import subprocess

from config import ALWAYS_HANDMADE
from network import ADDRESS
from objects import name, title
from render import documents
from rules import schema_problems


def listed(page):
    """Secret -> keys, from the table under "Secrets" in docs/KUBERNETES.md: what operators are told to make by hand."""
    section = page.partition("\n## Secrets\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    return {called: set(re.findall(r"`([^`]+)`", row[2])) for row in rows for called in re.findall(r"`([^`]+)`", row[1])}


def problems(root, facts, rendered):
    done = subprocess.run([root / "make-secrets", "shop"], capture_output=True, text=True, check=False)
    stores = {(name(store.owner), str(port)) for render in rendered for store in render.stores for port in store.ports}
    made = set()
    for secret in documents(done.stdout):
        yield from (f"make-secrets: {problem}" for problem in schema_problems(json.dumps(secret)))
        data = secret.get("stringData", {})
        made.add((secret["metadata"].get("namespace"), name(secret), *sorted(data)))
        for host, port in (found for text in data.values() for found in ADDRESS.findall(text)):
            # Operators name a Service after its resource.
            if (host.partition(".")[0].removesuffix("-svc"), port) not in stores:
                yield f"make-secrets: {title(secret)} leads to {host}:{port}, where no store is"
    expected = {("shop", secret, *sorted(keys)) for secret, keys in facts.handmade.items() if secret not in ALWAYS_HANDMADE}
    for secret in sorted(made ^ expected, key=str):
        yield f"make-secrets and docs/KUBERNETES.md differ in the Secret and keys {secret} {done.stderr}"
