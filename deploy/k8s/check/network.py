"""Network policies: everything is denied first, and what is used is allowed at both ends, where it leaves and where it arrives.

As in Kubernetes, pods that no policy selects for a direction are open in it. Peers in other namespaces are taken for what a policy says.
"""

import re
from functools import cache
from itertools import product
from types import SimpleNamespace

from config import settings
from links import backends
from objects import at, selects, title

# Ports that a store does not work without. More of its ports may be closed.
NEEDED = {"MongoDBCommunity": {27017}, "RabbitmqCluster": {4369, 5672, 25672}}
# A host and port: the whole text, or in a URL.
ADDRESS = re.compile(r"(?:^|://(?:[^\s/@\"']+@)?)([a-z][a-z0-9.-]*):(\d+)\b")


@cache
def _rules(render):
    """Every rule of every policy, with the pods that it is about. None among pods is whatever runs in another namespace."""
    found = []
    for policy, direction in ((p, d) for p in render.kind("NetworkPolicy") for d in p["spec"]["policyTypes"]):
        home = {"kubernetes.io/metadata.name": policy["metadata"].get("namespace")}
        for rule in policy["spec"].get(direction.lower()) or [None]:
            peers = at(rule, "from") or at(rule, "to", default=[])
            foreign = [peer for peer in peers if "namespaceSelector" in peer or "ipBlock" in peer]
            selected = [render.selected(peer.get("podSelector")) for peer in peers if peer not in foreign]
            here = [peer.get("podSelector", {}) for peer in foreign if selects(peer.get("namespaceSelector"), home)]
            named = set().union(*selected)
            included = named.union(*map(render.selected, here), [None] if foreign else []) if peers else {None, *render.pods}
            near = render.selected(policy["spec"]["podSelector"])
            # A policy without rules allows no port.
            ports = [] if rule is None else at(rule, "ports", default=[None])
            pods = {"near": near, "named": named, "included": included, "idle": [] in [near, *selected]}
            found.append(SimpleNamespace(policy=title(policy), direction=direction, ports=ports, **pods))
    return found


def _port_is(entry, reached, number, protocol="TCP"):
    """Whether an entry of a rule's ports includes a port; None includes all."""
    port = at(entry, "port", default=number)
    port = reached and reached.port_number(port) if isinstance(port, str) else port
    return entry is None or entry.get("protocol", "TCP") == protocol and port is not None and port <= number <= entry.get("endPort", port)


def _allowed(render, direction, near, far, number, protocol="TCP"):
    """Whether the policies of `near` allow an edge. `far` is None for other namespaces."""
    rules = [rule for rule in _rules(render) if rule.direction == direction and near in rule.near]
    reached, ports = near if direction == "Ingress" else far, [port for rule in rules if far in rule.included for port in rule.ports]
    return not rules or any(_port_is(port, reached, number, protocol) for port in ports)


def everything_is_denied_first(render, _):
    wanted = {"Ingress", "Egress"} if _rules(render) or render.label == "overlays/production" else set()
    denied = {rule.direction for rule in _rules(render) if rule.near == render.pods and not rule.ports}
    yield from (f"no network policy denies all {direction} by default" for direction in wanted - denied)


def ports_are_reached_and_names_resolved(render, _):
    for pods in render.pods:
        for number in NEEDED.get(pods.owner["kind"], pods.ports):
            if not any(_allowed(render, "Ingress", pods, far, number) for far in (None, *render.pods)):
                yield f"{title(pods.owner)}: no policy lets anything reach its port {number}"
        for protocol in ("UDP", "TCP"):
            if not _allowed(render, "Egress", pods, None, 53, protocol):
                yield f"{title(pods.owner)}: no policy lets it ask the name service over {protocol}"


def policies_name_what_exists(render, _):
    for rule in _rules(render) if render.complete else ():
        if rule.idle:
            yield f"{rule.policy}: a selector of it selects no pods"
        for pods, entry in product(rule.near if rule.direction == "Ingress" else rule.named, rule.ports):
            if (port := at(entry, "port")) is not None and pods.port_number(port) is None:
                yield f"{rule.policy}: {title(pods.owner)} has no port {port}"


def edges_are_allowed_at_both_ends(render, _):
    """Edges that settings need, and those that a policy allows by naming the pods at the other end. Stores are named in Secrets."""
    edges = {}
    for source in render.workloads:
        for host, port in {found for text in settings(render, source).values() for found in ADDRESS.findall(text)}:
            short, _, domain = host.partition(".")
            if short == "localhost" or not re.match(rf"({source.owner['metadata'].get('namespace')}(\.svc|$))|$", domain):
                continue
            reached = [(target, number) for target, number in render.reached(short, int(port)) if number]
            edges |= {(source, *edge): f"its settings name {host}:{port}" for edge in reached}
            if not reached:
                yield f"{title(source.owner)}: its settings name {host}:{port}, which no Service has"
    for rule in _rules(render):
        for near, far in product(rule.near, rule.named):
            source, target = (near, far) if rule.direction == "Egress" else (far, near)
            numbers = [number for number in target.ports if any(_port_is(p, target, number) for p in rule.ports)]
            edges |= {(source, target, number): f"{rule.policy} allows it" for number in numbers}
    for (source, target, number), why in edges.items():
        edge = f"{title(source.owner)} → {title(target.owner)}:{number}: {why}"
        if not _allowed(render, "Egress", source, target, number):
            yield f"{edge}, no policy lets it leave"
        if not _allowed(render, "Ingress", target, source, number):
            yield f"{edge}, no policy lets it arrive"


def other_namespaces_reach_what_they_ask(render, _):
    """Prometheus, KEDA and the ingress controller ask from namespaces of their own."""
    asked = [(i, *found) for i in render.kind("Ingress") for backend in backends(i) for found in render.reached(*backend)]
    for monitor in render.kind("PodMonitor"):
        ports = [endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]]
        asked += [(monitor, p, p.port_number(port)) for p in render.selected(monitor["spec"]["selector"]) for port in ports]
    for scaler in render.kind("ScaledObject"):
        if "rabbitmq" in (trigger["type"] for trigger in scaler["spec"]["triggers"]):
            asked += [(scaler, store, 5672) for store in render.stores if store.owner["kind"] == "RabbitmqCluster"]
    for who, pods, number in asked:
        if number and not _allowed(render, "Ingress", pods, None, number):
            yield f"{title(who)} → {title(pods.owner)}:{number}: no policy lets other namespaces in"
