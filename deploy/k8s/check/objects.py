"""What the rules ask about a render: its objects, the pods that they create, and which selector selects which pods."""

SERVING = ("Deployment", "StatefulSet")
WORKLOADS = (*SERVING, "DaemonSet", "Job", "CronJob")


def at(document, *path, default=None):
    """The value under `path`, or `default` where any step is missing or null."""
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return default if document is None else document


def name(obj):
    """The name, or its prefix for a Job whose name the API server completes."""
    return at(obj, "metadata", "name", default=at(obj, "metadata", "generateName"))


def title(obj):
    return f"{obj['kind']}/{name(obj)}"


def selects(selector, labels):
    """Evaluates a label selector as Kubernetes does: an empty one selects everything, a missing one nothing."""
    wanted = [(key, "In", [value]) for key, value in at(selector, "matchLabels", default={}).items()]
    wanted += [(e["key"], e["operator"], e.get("values") or []) for e in at(selector, "matchExpressions", default=[])]
    holds = {"In": True, "NotIn": False, "Exists": True, "DoesNotExist": False}
    found = [(key in labels if "Exist" in operator else labels.get(key) in values, operator) for key, operator, values in wanted]
    return selector is not None and all(holds.get(operator) == truth for truth, operator in found)


class Pods:
    """The pods that one object creates: a workload of ours, or the resource of a store's operator, which has no `spec` of pods."""

    def __init__(self, owner, labels, ports=None, spec=None):
        self.owner, self.labels, self.spec = owner, labels, spec
        self.containers = [*at(spec, "initContainers", default=[]), *at(spec, "containers", default=[])]
        # Number -> name or None.
        self.ports = ports or {p.get("containerPort"): p.get("name") for c in self.containers for p in c.get("ports") or []}

    def port_number(self, port):
        """Resolves a port given by name or number; None if the pods have no such port."""
        return next((number for number, called in self.ports.items() if port in (number, called)), None)


def pods_of(obj):
    """The pods that an object creates, or None. Operators choose the labels and ports of theirs."""
    if obj["kind"] == "MongoDBCommunity":
        return Pods(obj, {"app": f"{name(obj)}-svc"}, {27017: "mongodb"})
    if obj["kind"] == "RabbitmqCluster":
        labels = {"name": name(obj), "component": "rabbitmq", "part-of": "rabbitmq"}
        ports = {4369: "epmd", 5672: "amqp", 15672: "management", 15692: "prometheus", 25672: "clustering", 35672: "cli"}
        return Pods(obj, {f"app.kubernetes.io/{key}": value for key, value in labels.items()}, ports)
    template = at(obj, "spec", "jobTemplate", "spec", "template") or at(obj, "spec", "template", default={})
    pods = Pods(obj, at(template, "metadata", "labels", default={}), spec=at(template, "spec", default={}))
    return pods if obj["kind"] in WORKLOADS else None


class Render:
    """The objects of one `kustomize build`. It is `complete` if nothing in it waits for a component that is missing."""

    def __init__(self, label, objects, complete=True):
        self.label, self.objects, self.complete = label, objects, complete
        self.pods = [p for p in map(pods_of, objects) if p]
        self.workloads = [p for p in self.pods if p.spec is not None]
        self.services = [p for p in self.workloads if p.owner["kind"] in SERVING]
        self.stores = [p for p in self.pods if p.spec is None]

    def kind(self, *kinds):
        return [o for o in self.objects if o["kind"] in kinds]

    def find(self, kind, called):
        return next((o for o in self.kind(kind) if name(o) == called), {})

    def selected(self, selector):
        return [p for p in self.pods if selects(selector, p.labels)]

    def reached(self, service, port):
        """(pods, port number) behind a port of a Service, both given by name. The number is None for pods without that port."""
        spec = at(self.find("Service", service), "spec", default={})
        for entry in (e for e in spec.get("ports") or [] if port in (e["port"], e.get("name"))):
            for pods in self.selected({"matchLabels": spec.get("selector") or {}}):
                yield pods, pods.port_number(entry.get("targetPort", entry["port"]))
