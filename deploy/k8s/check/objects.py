"""What the rules ask about a render: its objects, the pods that they make, and which selector selects which.

Knows nothing about right and wrong; that is in rules/.
"""

from dataclasses import dataclass, field

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
SERVING = ("Deployment", "StatefulSet", "DaemonSet")
CLUSTER_SCOPED = ("Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "StorageClass", "IngressClass")


def at(document, *path, default=None):
    """The value under `path`, or `default` where any step is missing or null."""
    for step in path:
        if not isinstance(document, dict) or document.get(step) is None:
            return default
        document = document[step]
    return document


def name(obj):
    """Jobs to start by hand have only a beginning of one."""
    return at(obj, "metadata", "name") or at(obj, "metadata", "generateName", default="")


def namespace(obj):
    return at(obj, "metadata", "namespace", default="")


def title(obj):
    return f"{obj.get('kind')}/{name(obj)}"


def selects(selector, labels):
    """A label selector as Kubernetes reads it; an empty one selects all, none at all selects nothing."""
    if selector is None:
        return False
    for key, value in at(selector, "matchLabels", default={}).items():
        if labels.get(key) != value:
            return False
    for expression in at(selector, "matchExpressions", default=[]):
        key, values = expression["key"], expression.get("values") or []
        holds = {
            "In": labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }
        if not holds.get(expression["operator"], False):
            return False
    return True


@dataclass
class Pods:
    """The pods that one object makes: a workload of ours, or an operator's resource."""

    owner: dict
    labels: dict
    ports: dict = field(default_factory=dict)  # number -> name or None
    spec: dict | None = None  # None where an operator writes it

    def port_number(self, port):
        """Of a port given by name or number; None if the pods have no such port."""
        if isinstance(port, int):
            return port if port in self.ports else None
        return next((number for number, called in self.ports.items() if called == port), None)


def template(workload):
    """The pod template of a workload."""
    if workload["kind"] == "CronJob":
        return at(workload, "spec", "jobTemplate", "spec", "template", default={})
    return at(workload, "spec", "template", default={})


def containers(spec):
    """All containers of a pod, those that run before the others included."""
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]


def _operator_pods(obj):
    """Pods of the operators' resources, with the labels and ports that the operators give them."""
    if obj["kind"] == "MongoDBCommunity":
        return Pods(obj, {"app": f"{name(obj)}-svc"}, {27017: "mongodb"})
    if obj["kind"] == "RabbitmqCluster":
        labels = {
            "app.kubernetes.io/name": name(obj),
            "app.kubernetes.io/component": "rabbitmq",
            "app.kubernetes.io/part-of": "rabbitmq",
        }
        ports = {4369: "epmd", 5672: "amqp", 15672: "management", 15692: "prometheus", 25672: "clustering", 35672: "cli"}
        return Pods(obj, labels, ports)
    return None


def _workload_pods(workload):
    of = template(workload)
    spec = at(of, "spec", default={})
    ports = {}
    for container in containers(spec):
        for port in container.get("ports") or []:
            ports[port["containerPort"]] = port.get("name")
    return Pods(workload, at(of, "metadata", "labels", default={}), ports, spec)


class Render:
    """The objects of one `kustomize build`."""

    def __init__(self, label, objects):
        self.label = label
        self.objects = objects
        self.pods = [_workload_pods(o) for o in self.kind(*WORKLOADS)]
        self.pods += [p for p in map(_operator_pods, objects) if p]

    def kind(self, *kinds):
        return [o for o in self.objects if o.get("kind") in kinds]

    def find(self, kind, called):
        return next((o for o in self.kind(kind) if name(o) == called), None)

    def selected(self, selector):
        return [p for p in self.pods if selects(selector, p.labels)]

    def scalers(self, workload):
        """What scales a workload: HorizontalPodAutoscalers and KEDA's ScaledObjects."""
        return [
            o
            for o in self.kind("HorizontalPodAutoscaler", "ScaledObject")
            if at(o, "spec", "scaleTargetRef", "kind", default="Deployment") == workload["kind"]
            and at(o, "spec", "scaleTargetRef", "name") == name(workload)
        ]

    def least_replicas(self, workload):
        """How many replicas a workload has at its quietest."""
        scalers = self.scalers(workload)
        if not scalers:
            return at(workload, "spec", "replicas", default=1)
        defaults = {"HorizontalPodAutoscaler": ("minReplicas", 1), "ScaledObject": ("minReplicaCount", 0)}
        least = []
        for scaler in scalers:
            key, default = defaults[scaler["kind"]]
            least.append(at(scaler, "spec", key, default=default))
        return min(least)
