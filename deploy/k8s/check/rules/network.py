"""Network policies: all is denied first, and what is allowed is what is used, from both ends.

An edge has to be allowed twice, where it leaves and where it arrives; allowed once only, it is dead. As in Kubernetes, pods that
no policy selects for a direction are open in that direction. Peers in other namespaces are not ours to see and are taken for what
they say.
"""

import re

from objects import Pods, at, name, namespace, selects, title
from rules.config import references
from rules.context import somewhere

# Where all has to be denied before anything is allowed: this component, this overlay.
DENIES = {"network-policies", "overlays/production"}

# Ports of the operators' pods without which they do not work; more of them may be closed.
NEEDED = {"MongoDBCommunity": {27017}, "RabbitmqCluster": {4369, 5672, 25672}}

URL = re.compile(r"\b[a-z][a-z0-9+]*://(?:[^\s/@\"']+@)?([a-z0-9.-]+):(\d+)")
ADDRESS = re.compile(r"^([a-z][a-z0-9.-]*):(\d+)$")


def _policies(render, direction, pods=None):
    """Policies for a direction, of those that select `pods`."""
    for policy in render.kind("NetworkPolicy"):
        concerned = pods is None or selects(policy["spec"].get("podSelector"), pods.labels)
        if concerned and direction in at(policy, "spec", "policyTypes", default=[]):
            yield policy


def _rules(policy, direction):
    peers = {"Ingress": "from", "Egress": "to"}[direction]
    for rule in at(policy, "spec", direction.lower(), default=[]):
        yield rule.get(peers) or [], rule.get("ports") or []


def _peer_is(peer, pods):
    """Whether a peer of a policy takes in pods of the same namespace."""
    if "ipBlock" in peer:
        return False
    if "namespaceSelector" in peer:
        own = {"kubernetes.io/metadata.name": namespace(pods.owner)}
        if not selects(peer["namespaceSelector"], own):
            return False
        return "podSelector" not in peer or selects(peer["podSelector"], pods.labels)
    return selects(peer.get("podSelector"), pods.labels)


def _is_local(peer):
    return "podSelector" in peer and "namespaceSelector" not in peer


def _port_is(allowed, pods, number):
    """Whether an entry of a policy's ports takes in a TCP port of the pods that are reached."""
    if allowed.get("protocol", "TCP") != "TCP":
        return False
    port = allowed.get("port")
    if port is None:
        return True
    if isinstance(port, int):
        return port <= number <= allowed.get("endPort", port)
    return pods.port_number(port) == number


def _allows(peers, ports, far: Pods, reached: Pods, number):
    return (not peers or any(_peer_is(p, far) for p in peers)) and (
        not ports or any(_port_is(p, reached, number) for p in ports)
    )


def _may_leave(render, source, target, number):
    policies = list(_policies(render, "Egress", source))
    return not policies or any(
        _allows(peers, ports, target, target, number) for policy in policies for peers, ports in _rules(policy, "Egress")
    )


def _may_arrive(render, source, target, number):
    policies = list(_policies(render, "Ingress", target))
    return not policies or any(
        _allows(peers, ports, source, target, number) for policy in policies for peers, ports in _rules(policy, "Ingress")
    )


def all_is_denied_first(render, _):
    if render.label not in DENIES and DENIES.isdisjoint(render.label.split(" + ")):
        return
    for direction in ("Ingress", "Egress"):
        if not any(
            policy["spec"].get("podSelector") == {} and not at(policy, "spec", direction.lower())
            for policy in _policies(render, direction)
        ):
            yield f"no network policy denies all {direction.lower()} to start with"


def every_port_is_reached(render, _):
    for pods in render.pods:
        if not list(_policies(render, "Ingress", pods)):
            continue
        wanted = pods.ports if pods.spec is not None else NEEDED[pods.owner["kind"]]
        for number in sorted(wanted):
            if not any(
                not ports or any(_port_is(p, pods, number) for p in ports)
                for policy in _policies(render, "Ingress", pods)
                for _peers, ports in _rules(policy, "Ingress")
            ):
                yield f"{title(pods.owner)}: no policy lets anything reach its port {number}"


@somewhere
def selectors_of_policies_match(render, _):
    for policy in render.kind("NetworkPolicy"):
        chosen = render.selected(at(policy, "spec", "podSelector", default={}))
        if not chosen:
            yield f"{title(policy)}: is for no pods"
        for direction in ("Ingress", "Egress"):
            rules = list(_rules(policy, direction))
            if rules and direction not in at(policy, "spec", "policyTypes", default=[]):
                yield f"{title(policy)}: has {direction.lower()} rules but is not of the type {direction}"
            for peers, ports in rules:
                for peer in peers:
                    if _is_local(peer) and not render.selected(peer["podSelector"]):
                        yield f"{title(policy)}: names {_words(peer['podSelector'])}, which no pods have"
                yield from _ports_exist(render, policy, direction, chosen, peers, ports)


def _ports_exist(render, policy, direction, chosen, peers, ports):
    """A port that an allowed edge names has to be one of the pods that it reaches."""
    if direction == "Ingress":
        reached = chosen
    elif peers and all(_is_local(p) for p in peers):
        reached = [pods for peer in peers for pods in render.selected(peer["podSelector"])]
    else:
        return
    for port in (p["port"] for p in ports if "port" in p):
        for pods in reached:
            if pods.port_number(port) is None:
                yield f"{title(policy)}: allows port {port}, which {title(pods.owner)} does not have"


def _words(selector):
    labels = [f"{k}={v}" for k, v in at(selector, "matchLabels", default={}).items()]
    return ", ".join(labels) or str(selector)


def edges_are_allowed_from_both_ends(render, _):
    for source in render.pods:
        for target in render.pods:
            for number in target.ports:
                leaves = _named(render, "Egress", source, target, number)
                arrives = _named(render, "Ingress", target, source, number)
                edge = f"{title(source.owner)} → {title(target.owner)}:{number}"
                if leaves and not _may_arrive(render, source, target, number):
                    yield f"{edge}: {leaves} lets it leave, nothing lets it arrive"
                if arrives and not _may_leave(render, source, target, number):
                    yield f"{edge}: {arrives} lets it arrive, nothing lets it leave"


def _named(render, direction, near, far, number):
    """The policy of `near` that allows the edge by naming `far` by its labels, if there is one."""
    reached = far if direction == "Egress" else near
    for policy in _policies(render, direction, near):
        for peers, ports in _rules(policy, direction):
            if any(_is_local(p) and _peer_is(p, far) for p in peers) and (
                not ports or any(_port_is(p, reached, number) for p in ports)
            ):
                return title(policy)
    return None


def names_can_be_resolved(render, _):
    for pods in render.pods:
        if not list(_policies(render, "Egress", pods)):
            continue
        for protocol in ("UDP", "TCP"):
            if not any(
                not ports or any(p.get("protocol", "TCP") == protocol and p.get("port") in (None, 53, "dns") for p in ports)
                for policy in _policies(render, "Egress", pods)
                for _peers, ports in _rules(policy, "Egress")
            ):
                yield f"{title(pods.owner)}: no policy lets it ask the name service over {protocol}"


def _elsewhere_may_arrive(render, target, number):
    """Whether anything outside the namespace gets to a port."""
    policies = list(_policies(render, "Ingress", target))
    return not policies or any(
        (not peers or any("namespaceSelector" in p or "ipBlock" in p for p in peers))
        and (not ports or any(_port_is(p, target, number) for p in ports))
        for policy in policies
        for peers, ports in _rules(policy, "Ingress")
    )


def _wanted_from_elsewhere(render):
    """(who, pods, port): what ingress controllers, Prometheus and KEDA ask, which live in namespaces of their own."""
    for monitor in render.kind("PodMonitor"):
        for endpoint in at(monitor, "spec", "podMetricsEndpoints", default=[]):
            for pods in render.selected(at(monitor, "spec", "selector")):
                yield monitor, pods, pods.port_number(endpoint.get("port"))
    for scaler in render.kind("ScaledObject"):
        if any(t["type"] == "rabbitmq" for t in at(scaler, "spec", "triggers", default=[])):
            yield from ((scaler, pods, 5672) for pods in render.pods if pods.owner["kind"] == "RabbitmqCluster")
    for ingress in render.kind("Ingress"):
        for rule in at(ingress, "spec", "rules", default=[]):
            for path in at(rule, "http", "paths", default=[]):
                service = render.find("Service", at(path, "backend", "service", "name")) or {}
                for entry in at(service, "spec", "ports", default=[]):
                    if at(path, "backend", "service", "port", "name") == entry.get("name"):
                        for pods in render.selected({"matchLabels": at(service, "spec", "selector", default={})}):
                            yield ingress, pods, pods.port_number(entry.get("targetPort", entry["port"]))


def what_other_namespaces_ask_can_be_reached(render, _):
    for who, pods, number in _wanted_from_elsewhere(render):
        if number is not None and not _elsewhere_may_arrive(render, pods, number):
            yield f"{title(who)} → {title(pods.owner)}:{number}: no policy lets anything from another namespace arrive"


def _mentioned(render, pods):
    """The hosts and ports in the settings and the environment of pods: in URLs, and where a value is an address."""
    texts, found = [], set()
    for reference in references(render):
        if reference.who == title(pods.owner) and reference.kind == "ConfigMap":
            data = at(render.find("ConfigMap", reference.called) or {}, "data", default={})
            texts += [data[reference.key]] if reference.key in data else data.values()
    for container in (pods.spec or {}).get("containers") or []:
        texts += [v.get("value") or "" for v in container.get("env") or []]
    for text in texts:
        found |= {(host, int(port)) for pattern in (URL, ADDRESS) for host, port in pattern.findall(text)}
    return found


def settings_name_what_can_be_reached(render, _):
    """A URL in settings leads to a Service here, at a port of it, through the policies."""
    for source in render.pods:
        for host, port in sorted(_mentioned(render, source)):
            short, _, domain = host.partition(".")
            if re.fullmatch(r"[0-9.]+", host) or (domain and not re.match(rf"{namespace(source.owner)}(\.svc|$)", domain)):
                continue
            if short == "localhost":
                continue
            service = render.find("Service", short)
            if service is None:
                if not any(short in (name(p.owner), f"{name(p.owner)}-svc") for p in render.pods if p.spec is None):
                    yield f"{title(source.owner)}: its settings name {host}:{port}, but there is no Service/{short}"
                continue
            entry = next((e for e in service["spec"]["ports"] if e["port"] == port), None)
            if entry is None:
                yield f"{title(source.owner)}: its settings name {host}:{port}, a port that {title(service)} does not have"
                continue
            for target in render.selected({"matchLabels": service["spec"].get("selector") or {}}):
                number = target.port_number(entry.get("targetPort", port))
                if number is not None:
                    edge = f"{title(source.owner)} → {title(target.owner)}:{number}"
                    if not _may_leave(render, source, target, number):
                        yield f"{edge}: its settings need it, no policy lets it leave"
                    if not _may_arrive(render, source, target, number):
                        yield f"{edge}: the caller's settings need it, no policy lets it arrive"


RULES = [
    all_is_denied_first,
    every_port_is_reached,
    selectors_of_policies_match,
    edges_are_allowed_from_both_ends,
    names_can_be_resolved,
    settings_name_what_can_be_reached,
    what_other_namespaces_ask_can_be_reached,
]
