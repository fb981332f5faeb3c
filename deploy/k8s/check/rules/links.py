"""What names something else: services and pods, ingresses and services, monitors and ports; and how objects are named."""

from collections import Counter

from objects import CLUSTER_SCOPED, WORKLOADS, at, name, namespace, selects, template, title


def objects_are_unique_and_in_one_namespace(render, _):
    keys = Counter((o.get("apiVersion", "").rpartition("/")[0], o.get("kind"), namespace(o), name(o)) for o in render.objects)
    for (_group, kind, _space, called), count in keys.items():
        if count > 1:
            yield f"{kind}/{called}: stands there {count} times"
    spaces = set()
    for obj in render.objects:
        if obj.get("kind") in CLUSTER_SCOPED:
            continue
        if namespace(obj):
            spaces.add(namespace(obj))
        else:
            yield f"{title(obj)}: has no namespace: it would land wherever kubectl happens to point"
    if len(spaces) > 1:
        yield f"the objects are spread over the namespaces {', '.join(sorted(spaces))}"
    for made in render.kind("Namespace"):
        if spaces and name(made) not in spaces:
            yield f"{title(made)}: nothing lives in it"
        if at(made, "metadata", "labels", "pod-security.kubernetes.io/enforce") not in ("restricted", "baseline"):
            yield f"{title(made)}: does not enforce a pod security standard"


def workloads_select_their_own_pods(render, _):
    for workload in render.kind("Deployment", "StatefulSet", "DaemonSet"):
        selector = at(workload, "spec", "selector")
        own = at(template(workload), "metadata", "labels", default={})
        if not selects(selector, own):
            yield f"{title(workload)}: its selector does not match its own pods"
        for other in render.kind(*WORKLOADS):
            labels = at(template(other), "metadata", "labels", default={})
            if other is not workload and selects(selector, labels):
                yield f"{title(workload)}: its selector takes the pods of {title(other)}, too"


def service_accounts_exist(render, _):
    for workload in render.kind(*WORKLOADS):
        called = at(template(workload), "spec", "serviceAccountName")
        if called and render.find("ServiceAccount", called) is None:
            yield f"{title(workload)}: runs as ServiceAccount/{called}, which is not there"


def services_reach_one_workload(render, _):
    for service in render.kind("Service"):
        selector = at(service, "spec", "selector")
        if at(service, "spec", "type") == "ExternalName":
            continue
        if not selector:
            yield f"{title(service)}: selects no pods"
            continue
        pods = render.selected({"matchLabels": selector})
        if len(pods) != 1:
            reached = ", ".join(title(p.owner) for p in pods) or "none"
            yield f"{title(service)}: should reach the pods of one workload, reaches {reached}"
        for reached in pods:
            for port in at(service, "spec", "ports", default=[]):
                target = port.get("targetPort", port["port"])
                if reached.port_number(target) is None:
                    yield f"{title(service)}: {title(reached.owner)} has no port {target}"


def ingresses_reach_services(render, _):
    for ingress in render.kind("Ingress"):
        backends = [at(ingress, "spec", "defaultBackend")]
        for rule in at(ingress, "spec", "rules", default=[]):
            backends += [at(path, "backend") for path in at(rule, "http", "paths", default=[])]
        backends = [at(b, "service") for b in backends if b]
        if not backends:
            yield f"{title(ingress)}: leads nowhere"
        for backend in filter(None, backends):
            service = render.find("Service", backend["name"])
            if service is None:
                yield f"{title(ingress)}: leads to Service/{backend['name']}, which is not there"
                continue
            wanted = at(backend, "port", "name") or at(backend, "port", "number")
            there = {p.get("name") for p in service["spec"]["ports"]} | {p["port"] for p in service["spec"]["ports"]}
            if wanted not in there:
                yield f"{title(ingress)}: {title(service)} has no port {wanted}"
        if not at(ingress, "spec", "ingressClassName"):
            yield f"{title(ingress)}: has no ingressClassName"


def monitors_find_ports(render, _):
    for monitor in render.kind("PodMonitor"):
        pods = render.selected(at(monitor, "spec", "selector"))
        if not pods:
            yield f"{title(monitor)}: selects no pods"
        for endpoint in at(monitor, "spec", "podMetricsEndpoints", default=[]):
            for selected in pods:
                if selected.port_number(endpoint.get("port")) is None:
                    yield f"{title(monitor)}: {title(selected.owner)} has no port {endpoint.get('port')}"


RULES = [
    objects_are_unique_and_in_one_namespace,
    workloads_select_their_own_pods,
    service_accounts_exist,
    services_reach_one_workload,
    ingresses_reach_services,
    monitors_find_ports,
]
