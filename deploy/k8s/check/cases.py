"""What selftest.py breaks. `BROKEN`: a rule, what is done to the clean render of fixture.py, and words that the complaint has to have.
`UNFIT`: the same for the schemas, with the object that is looked at.
"""

import fixture
from objects import Render
from rules import config, images, links, network, pods, scaling
from rules.context import Context

CONTEXT = Context(
    version="1.2.3",
    handmade={"marketplace-tls": {"tls.crt", "tls.key"}, "order-service": {"mongo-uri"}, "wallet-service": {"mongo-uri"}},
    queues=frozenset({"order.saga"}),
)
LABEL = "overlays/production"


class Broken:
    """The clean render with handles to break it by."""

    def __init__(self):
        self.objects = fixture.marketplace()

    def __getitem__(self, key):
        kind, name = key.split("/")
        return next(o for o in self.objects if o["kind"] == kind and o["metadata"]["name"] == name)

    @property
    def pod(self):
        return self["Deployment/order-service"]["spec"]["template"]["spec"]

    @property
    def container(self):
        return self.pod["containers"][0]

    def spec(self, key):
        return self[key]["spec"]

    def remove(self, key):
        self.objects.remove(self[key])

    def render(self):
        return Render(LABEL, self.objects)


def _set(value, key, to):
    value[key] = to


def _drop(value, key):
    del value[key]


ORDER = "Deployment/order-service"
NEW = "order-service-to-wallet-service"

BROKEN = [
    (images.every_image_names_a_version, lambda b: _set(b.container, "image", "nginx"), "has no tag"),
    (images.every_image_names_a_version, lambda b: _set(b.container, "image", "registry.example:5000/nginx"), "has no tag"),
    (images.every_image_names_a_version, lambda b: _set(b.container, "image", "nginx:latest"), ":latest"),
    (images.every_image_names_a_version, lambda b: _set(b.container, "image", "not an image"), "not the name"),
    (images.every_image_names_a_version, lambda b: _set(b.spec("RabbitmqCluster/rabbitmq"), "image", "rabbitmq"), "has no tag"),
    (
        images.our_images_have_the_version_of_the_workspace,
        lambda b: _set(b.container, "image", "registry.example/shop/order-service:1.2.2"),
        "workspace's version 1.2.3",
    ),
    (pods.containers_run_restricted, lambda b: _drop(b.pod["securityContext"], "runAsNonRoot"), "runAsNonRoot"),
    (pods.containers_run_restricted, lambda b: _set(b.pod["securityContext"], "runAsUser", 0), "as root"),
    (pods.containers_run_restricted, lambda b: _drop(b.pod["securityContext"], "seccompProfile"), "seccomp"),
    (pods.containers_run_restricted, lambda b: _drop(b.container, "securityContext"), "readOnlyRootFilesystem"),
    (pods.containers_run_restricted, lambda b: _drop(b.container, "securityContext"), "allowPrivilegeEscalation"),
    (pods.containers_run_restricted, lambda b: _drop(b.container, "securityContext"), "does not drop ALL"),
    (
        pods.containers_run_restricted,
        lambda b: _set(b.container["securityContext"], "capabilities", {"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
        "adds capabilities SYS_ADMIN",
    ),
    (pods.containers_run_restricted, lambda b: _set(b.container["securityContext"], "privileged", True), "privileged"),
    (
        pods.containers_run_restricted,
        lambda b: _set(b.pod, "initContainers", [{"name": "first", "image": "busybox:1.37"}]),
        "container first: readOnlyRootFilesystem",
    ),
    (pods.pods_stay_in_their_sandbox, lambda b: _set(b.pod, "hostNetwork", True), "hostNetwork"),
    (pods.pods_stay_in_their_sandbox, lambda b: _set(b.container["ports"][0], "hostPort", 80), "hostPort"),
    (pods.pods_stay_in_their_sandbox, lambda b: _drop(b.pod, "automountServiceAccountToken"), "automount"),
    (
        pods.pods_stay_in_their_sandbox,
        lambda b: b.pod["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
        "is a hostPath",
    ),
    (pods.containers_are_bounded, lambda b: _drop(b.container, "resources"), "limits.memory is not set"),
    (pods.containers_are_bounded, lambda b: _drop(b.container["resources"], "requests"), "requests.cpu is not set"),
    (pods.containers_are_bounded, lambda b: _set(b.container["resources"]["limits"], "memory", "lots"), "is 'lots'"),
    (pods.containers_are_bounded, lambda b: _set(b.container["resources"]["requests"], "memory", "1Gi"), "more memory"),
    (pods.probes_ask_named_ports, lambda b: _drop(b.container, "startupProbe"), "has no startupProbe"),
    (pods.probes_ask_named_ports, lambda b: _drop(b.container, "livenessProbe"), "has no livenessProbe"),
    (pods.probes_ask_named_ports, lambda b: _drop(b.container, "readinessProbe"), "has no readinessProbe"),
    (pods.probes_ask_named_ports, lambda b: _set(b.container["startupProbe"]["httpGet"], "port", "admin"), "none of the"),
    (pods.probes_ask_named_ports, lambda b: _set(b.container["startupProbe"]["httpGet"], "port", 8080), "none of the"),
    (pods.probes_ask_named_ports, lambda b: _set(b.container, "startupProbe", {"exec": {"command": ["true"]}}), "no port"),
    (pods.probes_ask_named_ports, lambda b: _set(b.container["livenessProbe"]["httpGet"], "path", "/readyz"), "/readyz"),
    (pods.pods_have_time_to_drain, lambda b: _set(b.pod, "terminationGracePeriodSeconds", 39), "is 39"),
    (pods.pods_have_time_to_drain, lambda b: _drop(b.pod, "terminationGracePeriodSeconds"), "is 30"),
    (pods.pods_have_time_to_drain, lambda b: _drop(b.container, "lifecycle"), "has no preStop"),
    (
        pods.pods_have_time_to_drain,
        lambda b: _set(b.container["lifecycle"]["preStop"]["sleep"], "seconds", 60),
        "the whole grace period",
    ),
    (pods.volumes_are_there_and_used, lambda b: b.pod["volumes"].pop(0), "the volume settings, which it does not have"),
    (pods.volumes_are_there_and_used, lambda b: b.container["volumeMounts"].pop(0), "the volume settings, which nothing"),
    (
        scaling.scalers_have_one_target_each,
        lambda b: _set(b.spec("ScaledObject/order-service")["scaleTargetRef"], "name", "orders"),
        "scales Deployment/orders, which is not there",
    ),
    (
        scaling.scalers_have_one_target_each,
        lambda b: _set(b.spec("HorizontalPodAutoscaler/wallet-service")["scaleTargetRef"], "name", "order-service"),
        "undo each other",
    ),
    (scaling.scalers_have_one_target_each, lambda b: _set(b.spec(ORDER), "replicas", 2), "undo the scaler"),
    (scaling.scalers_can_scale, lambda b: _set(b.spec("HorizontalPodAutoscaler/wallet-service"), "maxReplicas", 2), "nothing to"),
    (scaling.scalers_can_scale, lambda b: _set(b.spec("ScaledObject/order-service"), "maxReplicaCount", 2), "nothing to"),
    (scaling.scalers_can_scale, lambda b: _drop(b.spec("ScaledObject/order-service"), "minReplicaCount"), "nothing would answer"),
    (
        scaling.scalers_can_scale,
        lambda b: _set(b.spec("ScaledObject/order-service")["triggers"][0]["metadata"], "queueName", "orders"),
        "queue orders, which no service reads",
    ),
    (
        scaling.scalers_can_scale,
        lambda b: _drop(b.spec("ScaledObject/order-service")["triggers"][0], "authenticationRef"),
        "told no broker",
    ),
    (scaling.scalers_can_scale, lambda b: b.remove("TriggerAuthentication/order-service"), "which is not there"),
    (
        scaling.scalers_can_scale,
        lambda b: _set(b["TriggerAuthentication/order-service"]["metadata"], "name", "unused"),
        "no trigger uses it",
    ),
    (
        scaling.budgets_allow_an_eviction,
        lambda b: _set(b["PodDisruptionBudget/order-service"], "spec", {"minAvailable": 2, "selector": b.spec(ORDER)["selector"]}),
        "allows no eviction",
    ),
    (
        scaling.budgets_allow_an_eviction,
        lambda b: _set(b["PodDisruptionBudget/order-service"], "spec", {"minAvailable": "51%", "selector": b.spec(ORDER)["selector"]}),
        "allows no eviction",
    ),
    (scaling.budgets_allow_an_eviction, lambda b: _set(b.spec("PodDisruptionBudget/order-service"), "maxUnavailable", 0), "allows no"),
    (
        scaling.budgets_allow_an_eviction,
        lambda b: _set(b.spec("PodDisruptionBudget/order-service"), "selector", {"matchLabels": {"app": "orders"}}),
        "selects no pods",
    ),
    (
        scaling.replicated_deployments_have_a_budget_and_are_spread,
        lambda b: b.remove("PodDisruptionBudget/order-service"),
        "has 0 PodDisruptionBudgets",
    ),
    (
        scaling.replicated_deployments_have_a_budget_and_are_spread,
        lambda b: _drop(b.pod, "topologySpreadConstraints"),
        "may share a node",
    ),
    (
        scaling.replicated_deployments_have_a_budget_and_are_spread,
        lambda b: _set(b.pod["topologySpreadConstraints"][0], "labelSelector", {"matchLabels": {"app": "orders"}}),
        "does not count its own pods",
    ),
    (scaling.upgrades_keep_serving, lambda b: _set(b.spec(ORDER), "strategy", {"type": "Recreate"}), "is not upgraded by rolling"),
    (
        scaling.upgrades_keep_serving,
        lambda b: _set(b.spec(ORDER), "strategy", {"rollingUpdate": {"maxUnavailable": "100%"}}),
        "all its 2 replicas",
    ),
    (links.objects_are_unique_and_in_one_namespace, lambda b: b.objects.append(b[ORDER]), "2 times"),
    (links.objects_are_unique_and_in_one_namespace, lambda b: _drop(b[ORDER]["metadata"], "namespace"), "has no namespace"),
    (links.objects_are_unique_and_in_one_namespace, lambda b: _set(b[ORDER]["metadata"], "namespace", "other"), "namespaces"),
    (
        links.objects_are_unique_and_in_one_namespace,
        lambda b: _set(b["Namespace/marketplace"]["metadata"], "name", "shop"),
        "nothing lives in it",
    ),
    (
        links.objects_are_unique_and_in_one_namespace,
        lambda b: _drop(b["Namespace/marketplace"]["metadata"], "labels"),
        "pod security standard",
    ),
    (
        links.workloads_select_their_own_pods,
        lambda b: _set(b.spec(ORDER), "selector", {"matchLabels": {"app": "orders"}}),
        "does not match its own pods",
    ),
    (
        links.workloads_select_their_own_pods,
        lambda b: _set(b.spec("Deployment/wallet-service"), "selector", b.spec(ORDER)["selector"]),
        "takes the pods of Deployment/order-service",
    ),
    (links.service_accounts_exist, lambda b: _set(b.pod, "serviceAccountName", "orders"), "ServiceAccount/orders, which"),
    (links.services_reach_one_workload, lambda b: _drop(b.spec("Service/order-service"), "selector"), "selects no pods"),
    (
        links.services_reach_one_workload,
        lambda b: _set(b.spec("Service/order-service"), "selector", {"app": "orders"}),
        "reaches none",
    ),
    (
        links.services_reach_one_workload,
        lambda b: _set(b.spec("Service/order-service")["ports"][0], "targetPort", "web"),
        "has no port web",
    ),
    (links.services_reach_one_workload, lambda b: _drop(b.container, "ports"), "has no port http"),
    (links.ingresses_reach_services, lambda b: b.remove("Service/order-service"), "Service/order-service, which is not there"),
    (links.ingresses_reach_services, lambda b: b.spec("Service/order-service")["ports"].pop(0), "has no port http"),
    (links.ingresses_reach_services, lambda b: _drop(b.spec("Ingress/marketplace"), "rules"), "leads nowhere"),
    (links.ingresses_reach_services, lambda b: _drop(b.spec("Ingress/marketplace"), "ingressClassName"), "ingressClassName"),
    (links.monitors_find_ports, lambda b: _set(b.spec("PodMonitor/marketplace"), "selector", {"matchLabels": {"app": "x"}}), "no pods"),
    (
        links.monitors_find_ports,
        lambda b: _set(b.spec("PodMonitor/marketplace")["podMetricsEndpoints"][0], "port", "metrics"),
        "has no port metrics",
    ),
    (config.references_are_supplied, lambda b: b.remove("ConfigMap/order-service"), "ConfigMap/order-service, which neither"),
    (config.references_are_supplied, lambda b: _set(b.pod["volumes"][1]["secret"], "secretName", "other"), "Secret/other, which"),
    (
        config.references_are_supplied,
        lambda b: b.spec("ExternalSecret/order-service")["data"].pop(0),
        "the key mongo-uri of Secret/order-service",
    ),
    (config.references_are_supplied, lambda b: b.remove("ExternalSecret/order-service"), "which no ExternalSecret fetches"),
    (
        config.references_are_supplied,
        lambda b: [b.remove(f"ExternalSecret/{n}-service") for n in ("order", "wallet")],
        "refers to the key amqp-uri of Secret/order-service, which has mongo-uri",
    ),
    (
        config.references_are_supplied,
        lambda b: _set(b.container, "envFrom", [{"configMapRef": {"name": "settings"}}]),
        "ConfigMap/settings, which neither",
    ),
    (
        config.references_are_supplied,
        lambda b: _set(
            b.container, "env", [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "order-service", "key": "a"}}}]
        ),
        "the key a of ConfigMap/order-service",
    ),
    (
        config.references_are_supplied,
        lambda b: _set(b.spec("RabbitmqCluster/rabbitmq"), "tls", {"secretName": "rabbit-tls"}),
        "Secret/rabbit-tls",
    ),
    (config.nothing_is_left_over, lambda b: b.pod["volumes"].pop(0), "ConfigMap/order-service: nothing refers to it"),
    (
        config.nothing_is_left_over,
        lambda b: _set(b.spec("ExternalSecret/order-service")["target"], "name", "unused"),
        "nothing refers to the Secret",
    ),
    (
        config.secrets_stay_out_of_the_repository,
        lambda b: b.objects.append({"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"password": "x"}}),
        "stand in the repository",
    ),
    (
        config.settings_are_toml,
        lambda b: _set(b["ConfigMap/order-service"]["data"], "marketplace.toml", "[orders"),
        "marketplace.toml is not TOML",
    ),
    (
        config.settings_hold_no_passwords,
        lambda b: _set(b["ConfigMap/order-service"]["data"], "marketplace.toml", 'uri = "amqp://user:secret@rabbitmq"'),
        "a URL with a password",
    ),
    (
        config.production_is_strict,
        lambda b: _set(b["ConfigMap/order-service"]["data"], "marketplace.toml", ""),
        "its profile is None",
    ),
    (
        config.production_is_strict,
        lambda b: _set(b.container, "env", [{"name": "MARKETPLACE__PROFILE", "value": "development"}]),
        "its profile is 'development'",
    ),
    (
        config.production_is_strict,
        lambda b: _set(b["ConfigMap/wallet-service"]["data"], "marketplace.toml", 'profile = "production"'),
        "its wallet.topups is None",
    ),
    (
        config.production_is_strict,
        lambda b: _set(b.spec("ScaledObject/order-service"), "minReplicaCount", 1),
        "has 1 replica in production",
    ),
    (network.all_is_denied_first, lambda b: b.remove("NetworkPolicy/default-deny"), "denies all egress"),
    (
        network.all_is_denied_first,
        lambda b: _set(b.spec("NetworkPolicy/default-deny"), "policyTypes", ["Egress"]),
        "denies all ingress",
    ),
    (network.every_port_is_reached, lambda b: b.remove("NetworkPolicy/monitoring"), "reach its port 9080"),
    (network.every_port_is_reached, lambda b: b.remove("NetworkPolicy/order-service-to-mongo-in"), "reach its port 27017"),
    (network.every_port_is_reached, lambda b: b.remove("NetworkPolicy/rabbitmq-to-rabbitmq-in"), "reach its port 25672"),
    (
        network.selectors_of_policies_match,
        lambda b: _set(b.spec("NetworkPolicy/way-in"), "podSelector", {"matchLabels": {"app": "orders"}}),
        "is for no pods",
    ),
    (
        network.selectors_of_policies_match,
        lambda b: _set(b.spec(f"NetworkPolicy/{NEW}-out")["egress"][0], "to", [{"podSelector": {"matchLabels": {"app": "x"}}}]),
        "names app=x, which no pods have",
    ),
    (
        network.selectors_of_policies_match,
        lambda b: _set(b.spec("NetworkPolicy/way-in")["ingress"][0], "ports", [{"port": 8081}]),
        "allows port 8081, which",
    ),
    (
        network.selectors_of_policies_match,
        lambda b: _set(b.spec(f"NetworkPolicy/{NEW}-out")["egress"][0], "ports", [{"port": "web"}]),
        "allows port web, which",
    ),
    (
        network.selectors_of_policies_match,
        lambda b: _set(b.spec("NetworkPolicy/way-in"), "policyTypes", ["Egress"]),
        "is not of the type Ingress",
    ),
    (network.edges_are_allowed_from_both_ends, lambda b: b.remove(f"NetworkPolicy/{NEW}-out"), "nothing lets it leave"),
    (network.edges_are_allowed_from_both_ends, lambda b: b.remove(f"NetworkPolicy/{NEW}-in"), "nothing lets it arrive"),
    (network.names_can_be_resolved, lambda b: b.remove("NetworkPolicy/dns"), "name service over UDP"),
    (network.names_can_be_resolved, lambda b: b.spec("NetworkPolicy/dns")["egress"][0]["ports"].pop(), "name service over TCP"),
    (
        network.settings_name_what_can_be_reached,
        lambda b: [b.remove(f"NetworkPolicy/{NEW}-{end}") for end in ("in", "out")],
        "its settings need it, no policy lets it leave",
    ),
    (
        network.settings_name_what_can_be_reached,
        lambda b: b.remove("Service/wallet-service"),
        "there is no Service/wallet-service",
    ),
    (
        network.what_other_namespaces_ask_can_be_reached,
        lambda b: b.remove("NetworkPolicy/keda"),
        "ScaledObject/order-service → RabbitmqCluster/rabbitmq:5672",
    ),
    (
        network.what_other_namespaces_ask_can_be_reached,
        lambda b: b.remove("NetworkPolicy/monitoring"),
        "PodMonitor/marketplace → Deployment/order-service:9080",
    ),
    (
        network.what_other_namespaces_ask_can_be_reached,
        lambda b: b.remove("NetworkPolicy/way-in"),
        "Ingress/marketplace → Deployment/order-service:8080",
    ),
    (
        network.settings_name_what_can_be_reached,
        lambda b: _set(b.container, "env", [{"name": "WALLET", "value": "wallet-service:80"}]),
        "a port that Service/wallet-service does not have",
    ),
]

# An unknown field in each of our own schemas, and values that they refuse.
UNFIT = [
    ("Deployment/order-service", lambda b: _set(b.pod, "terminationGraceSeconds", 60), "terminationGraceSeconds"),
    ("Deployment/order-service", lambda b: _set(b.spec(ORDER), "replicas", "two"), "replicas"),
    ("ScaledObject/order-service", lambda b: _set(b.spec("ScaledObject/order-service"), "minReplicas", 2), "minReplicas"),
    (
        "ScaledObject/order-service",
        lambda b: _drop(b.spec("ScaledObject/order-service")["triggers"][0]["metadata"], "value"),
        "'value' is a required property",
    ),
    (
        "TriggerAuthentication/order-service",
        lambda b: _drop(b.spec("TriggerAuthentication/order-service")["secretTargetRef"][0], "key"),
        "'key' is a required property",
    ),
    ("PodMonitor/marketplace", lambda b: _set(b.spec("PodMonitor/marketplace"), "endpoints", []), "endpoints"),
    ("MongoDBCommunity/mongodb", lambda b: _set(b.spec("MongoDBCommunity/mongodb"), "version", "8"), "version"),
    ("MongoDBCommunity/mongodb", lambda b: _set(b.spec("MongoDBCommunity/mongodb"), "replicas", 3), "replicas"),
    ("RabbitmqCluster/rabbitmq", lambda b: _set(b.spec("RabbitmqCluster/rabbitmq"), "replicas", 2), "replicas"),
    ("RabbitmqCluster/rabbitmq", lambda b: _set(b.spec("RabbitmqCluster/rabbitmq"), "storage", "1Gi"), "storage"),
    (
        "ExternalSecret/order-service",
        lambda b: _set(b.spec("ExternalSecret/order-service"), "refreshInterval", "hourly"),
        "refreshInterval",
    ),
    ("ExternalSecret/order-service", lambda b: _drop(b.spec("ExternalSecret/order-service"), "data"), "'data' is a required"),
    ("Namespace/marketplace", lambda b: _set(b["Namespace/marketplace"], "kind", "Namespaces"), "no schema for v1 Namespaces"),
    ("Namespace/marketplace", lambda b: _set(b["Namespace/marketplace"], "apiVersion", "v2"), "no schema for v2 Namespace"),
]
