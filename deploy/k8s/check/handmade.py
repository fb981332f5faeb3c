"""Whether deploy/k8s/make-secrets makes what docs/KUBERNETES.md lists, and whether that fits what runs."""

import subprocess

import yaml

import schema
from objects import Pods, name, namespace, title
from rules.config import ALWAYS_HANDMADE
from rules.network import URL

NAMESPACE = "marketplace"


def made(root):
    """What make-secrets prints; raises CalledProcessError if it fails."""
    command = [root / "make-secrets", NAMESPACE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [d for d in yaml.safe_load_all(done.stdout) if d]


def problems(secrets, context, stores: list[Pods]):
    """Sentences about Secrets that are not as documented, or that lead to no store."""
    for secret in secrets:
        yield from (f"make-secrets: {title(secret)}: {problem}" for problem in schema.problems(secret))
        if namespace(secret) != NAMESPACE:
            yield f"make-secrets: {title(secret)}: is not in the namespace that was asked for"
        yield from _lost(secret, stores)
    found = {name(s): set(s.get("stringData") or {}) for s in secrets}
    expected = {called: keys for called, keys in context.handmade.items() if called not in ALWAYS_HANDMADE}
    for called in sorted(found.keys() | expected.keys()):
        one, other = sorted(found.get(called, ())), sorted(expected.get(called, ()))
        if one != other:
            yield f"Secret/{called}: make-secrets makes the keys {one}, docs/KUBERNETES.md lists {other}"


def _lost(secret, stores):
    """URIs of which no store of ours has the host and port. An operator's Service is named after its resource."""
    there = {(host, port) for s in stores for host in (name(s.owner), f"{name(s.owner)}-svc") for port in s.ports}
    for key, text in (secret.get("stringData") or {}).items():
        for host, port in URL.findall(text):
            if (host.split(".")[0], int(port)) not in there:
                yield f"make-secrets: {title(secret)}: {key} leads to {host}:{port}, where no store is"
