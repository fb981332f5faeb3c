"""How pods run: restricted, bounded, probed, and with time to drain."""

import re
from decimal import Decimal

from objects import SERVING, WORKLOADS, at, containers, template, title

# Draining takes up to 30 s (docs/OPERATIONS.md), what comes before and after it the rest.
LEAST_GRACE_SECONDS = 40

_UNITS = {"": 1, "m": Decimal("0.001"), "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def quantity(text):
    """The number that a Kubernetes quantity stands for; None if it is none."""
    parts = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(m|k|[MGT]|[KMGT]i)?", str(text))
    return Decimal(parts[1]) * _UNITS[parts[2] or ""] if parts else None


def _each_container(render, kinds=WORKLOADS, long_running_only=False):
    for workload in render.kind(*kinds):
        spec = at(template(workload), "spec", default={})
        for container in (spec.get("containers") or []) if long_running_only else containers(spec):
            yield f"{title(workload)}, container {container['name']}", spec, container


def containers_run_restricted(render, _):
    for where, spec, container in _each_container(render):
        own, pod = container.get("securityContext") or {}, spec.get("securityContext") or {}
        if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
            yield f"{where}: runAsNonRoot is not true"
        if own.get("runAsUser", pod.get("runAsUser")) == 0:
            yield f"{where}: runs as root (runAsUser 0)"
        if own.get("readOnlyRootFilesystem") is not True:
            yield f"{where}: readOnlyRootFilesystem is not true"
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"{where}: allowPrivilegeEscalation is not false"
        if own.get("privileged"):
            yield f"{where}: is privileged"
        if "ALL" not in at(own, "capabilities", "drop", default=[]):
            yield f"{where}: does not drop ALL capabilities"
        if at(own, "capabilities", "add"):
            yield f"{where}: adds capabilities {', '.join(own['capabilities']['add'])}"
        profile = at(own, "seccompProfile", "type") or at(pod, "seccompProfile", "type")
        if profile not in ("RuntimeDefault", "Localhost"):
            yield f"{where}: has no seccomp profile"


def pods_stay_in_their_sandbox(render, _):
    for workload in render.kind(*WORKLOADS):
        spec = at(template(workload), "spec", default={})
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(key):
                yield f"{title(workload)}: sets {key}"
        for volume in spec.get("volumes") or []:
            if "hostPath" in volume:
                yield f"{title(workload)}: volume {volume['name']} is a hostPath"
        for container in containers(spec):
            for port in container.get("ports") or []:
                if port.get("hostPort"):
                    yield f"{title(workload)}, container {container['name']}: takes hostPort {port['hostPort']}"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{title(workload)}: automountServiceAccountToken is not false, and none of ours asks the Kubernetes API"


def containers_are_bounded(render, _):
    for where, _spec, container in _each_container(render):
        resources = container.get("resources") or {}
        for kind in ("requests", "limits"):
            for resource in ("cpu", "memory"):
                amount = at(resources, kind, resource)
                if amount is None:
                    yield f"{where}: resources.{kind}.{resource} is not set"
                elif not quantity(amount):
                    yield f"{where}: resources.{kind}.{resource} is {amount!r}"
        for resource in ("cpu", "memory"):
            asked, most = (quantity(at(resources, kind, resource, default="")) for kind in ("requests", "limits"))
            if asked and most and asked > most:
                yield f"{where}: requests more {resource} than its limit"


def probes_ask_named_ports(render, _):
    for where, _spec, container in _each_container(render, SERVING, long_running_only=True):
        ports = {port.get("name") for port in container.get("ports") or []}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container.get(probe)
            if not asked:
                yield f"{where}: has no {probe}"
                continue
            port = at(asked, "httpGet", "port") or at(asked, "tcpSocket", "port")
            if port is None:
                yield f"{where}: its {probe} asks no port"
            elif port not in ports:
                yield f"{where}: its {probe} asks port {port}, which is none of the container's named ports"
        if container.get("livenessProbe") and at(container, "livenessProbe", "httpGet", "path") == "/readyz":
            yield f"{where}: its livenessProbe asks /readyz: an outage of a dependency would restart it"


def pods_have_time_to_drain(render, _):
    for workload in render.kind("Deployment", "StatefulSet"):
        spec = at(template(workload), "spec", default={})
        grace = spec.get("terminationGracePeriodSeconds", 30)
        if grace < LEAST_GRACE_SECONDS:
            yield f"{title(workload)}: terminationGracePeriodSeconds is {grace}, draining wants {LEAST_GRACE_SECONDS} or more"
        for container in spec.get("containers") or []:
            before = at(container, "lifecycle", "preStop")
            if not before:
                yield (
                    f"{title(workload)}, container {container['name']}: has no preStop:"
                    " it would stop accepting while endpoints still name it"
                )
            elif at(before, "sleep", "seconds", default=0) >= grace:
                yield f"{title(workload)}, container {container['name']}: its preStop takes the whole grace period"


def _mounts(container):
    return {m["name"] for m in container.get("volumeMounts") or []}


def volumes_are_there_and_used(render, _):
    for workload in render.kind(*WORKLOADS):
        spec = at(template(workload), "spec", default={})
        there = {v["name"] for v in spec.get("volumes") or []}
        there |= {c["metadata"]["name"] for c in at(workload, "spec", "volumeClaimTemplates", default=[])}
        used = set().union(*(_mounts(c) for c in containers(spec)))
        for missing in sorted(used - there):
            yield f"{title(workload)}: mounts the volume {missing}, which it does not have"
        for idle in sorted(there - used):
            yield f"{title(workload)}: has the volume {idle}, which nothing mounts"


RULES = [
    containers_run_restricted,
    pods_stay_in_their_sandbox,
    containers_are_bounded,
    probes_ask_named_ports,
    pods_have_time_to_drain,
    volumes_are_there_and_used,
]
