"""How objects of a render fit together: selectors, volumes, ports, scalers, budgets, namespaces, versions of images."""

import re

from objects import at, name, selects, title

OUR_IMAGES = re.compile(r"(?:.*/)?(?:(?:user|product|order|wallet)-service|gateway|marketplace):v?([^@]*)")


def images_have_the_version_of_the_workspace(render, facts):
    for pods in render.workloads:
        for image in (container["image"] for container in pods.containers):
            if (ours := OUR_IMAGES.fullmatch(image.partition("@")[0])) and ours[1] != facts.version:
                yield f"{title(pods.owner)}: {image} does not have the workspace's version {facts.version}"


def everything_is_in_one_namespace(render, _):
    namespaces = {name(o) if o["kind"] == "Namespace" else o["metadata"].get("namespace") for o in render.objects}
    if len(namespaces) > 1:
        yield f"objects are in the namespaces {', '.join(sorted(map(str, namespaces)))}"


def workloads_select_their_own_pods(render, _):
    for pods in render.services:
        chosen = [title(p.owner) for p in render.selected(pods.owner["spec"]["selector"])]
        if chosen != [title(pods.owner)]:
            yield f"{title(pods.owner)}: its selector selects the pods of {', '.join(chosen) or 'nothing'}"
        if not all(selects(spread.get("labelSelector"), pods.labels) for spread in pods.spec["topologySpreadConstraints"]):
            yield f"{title(pods.owner)}: a spread constraint does not count its own pods"


def volumes_are_there_and_mounted(render, _):
    for pods in render.workloads:
        there = {v["name"] for v in pods.spec.get("volumes") or []}
        used = {mount["name"] for container in pods.containers for mount in container.get("volumeMounts") or []}
        if used != there:
            yield f"{title(pods.owner)}: has the volumes {sorted(there)}, its containers mount {sorted(used)}"


def requests_fit_limits(render, _):
    units = {"m": 1, "": 1000, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    for pods, container in ((pods, container) for pods in render.workloads for container in pods.containers):
        for resource, limit in container["resources"]["limits"].items():
            parts = [re.fullmatch(r"(\d+)(\D*)", str(c)) for c in (container["resources"]["requests"].get(resource, 0), limit)]
            asked, most = (int(part[1]) * units[part[2]] for part in parts)
            if asked > most:
                yield f"{title(pods.owner)}: container {container['name']} requests more {resource} than its limit of {limit}"


def backends(ingress):
    """(Service, port) that an Ingress leads to, by each path."""
    for backend in (path["backend"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]):
        yield at(backend, "service", "name"), next(iter(at(backend, "service", "port", default={}).values()), None)


def ports_exist(render, _):
    """Of probes, Services, Ingresses and monitors."""
    for pods in render.services:
        for container in pods.spec["containers"]:
            there = {port.get("name") for port in container.get("ports") or []}
            for probe in (container[p] for p in ("startupProbe", "livenessProbe", "readinessProbe")):
                if (port := at(probe, "httpGet", "port") or at(probe, "tcpSocket", "port")) not in there:
                    yield f"{title(pods.owner)}: a probe asks port {port}, which container {container['name']} does not have"
    for service in render.kind("Service"):
        for port in (entry["port"] for entry in service["spec"]["ports"]):
            if len(found := list(render.reached(name(service), port))) != 1 or None in found[0]:
                yield f"{title(service)}: port {port} must lead to a port of one workload, leads to {found and found[0][0]}"
    for ingress in render.kind("Ingress"):
        for service, port in backends(ingress):
            if not list(render.reached(service, port)):
                yield f"{title(ingress)}: leads to port {port} of Service/{service}, which is not there"
    for monitor in render.kind("PodMonitor"):
        if not (selected := render.selected(monitor["spec"]["selector"])):
            yield f"{title(monitor)}: selects no pods"
        for port in (endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]):
            yield from (f"{title(monitor)}: {title(p.owner)} has no port {port}" for p in selected if p.port_number(port) is None)


def scalers(render):
    """(scaler, kind and name of its target, least, most): HorizontalPodAutoscalers, and ScaledObjects of KEDA."""
    for scaler in render.kind("HorizontalPodAutoscaler", "ScaledObject"):
        spec = scaler["spec"]
        least, most = (spec.get(f"{end}Replicas", spec.get(f"{end}ReplicaCount", 1)) for end in ("min", "max"))
        yield scaler, (spec["scaleTargetRef"].get("kind", "Deployment"), spec["scaleTargetRef"]["name"]), least, most


def scalers_can_scale(render, facts):
    targets = [target for _, target, _, _ in scalers(render)]
    for scaler, target, least, most in scalers(render):
        if targets.count(target) > 1 or "replicas" in at(render.find(*target), "spec", default={}):
            yield f"{title(scaler)}: something else sets the number of replicas of {'/'.join(target)}, too"
        if least >= most:
            yield f"{title(scaler)}: cannot scale from {least} to {most}"
        for queue in (t["metadata"].get("queueName") for t in scaler["spec"].get("triggers") or []):
            if queue and queue not in facts.queues:
                yield f"{title(scaler)}: counts the queue {queue}, which no service reads"


def replicas_survive_a_node(render, _):
    """Each workload with replicas has a budget, and in production each has replicas."""
    budgets = render.kind("PodDisruptionBudget")
    yield from (f"{title(budget)}: selects no pods" for budget in budgets if not render.selected(budget["spec"].get("selector")))
    for pods in render.services:
        scaled = [least for _, target, least, _ in scalers(render) if target == (pods.owner["kind"], name(pods.owner))]
        replicas = min(scaled, default=pods.owner["spec"].get("replicas", 1))
        if replicas < 2 and render.label == "overlays/production":
            yield f"{title(pods.owner)}: has {replicas} replica in production, must have 2 or more"
        found = [b for b in budgets if selects(b["spec"].get("selector"), pods.labels)]
        if len(found) != 1 and replicas > 1:
            yield f"{title(pods.owner)}: has {len(found)} PodDisruptionBudgets, must have one"
