"""Whether the check finds what it is for: a clean render passes, and each rule is seen to fail on one thing broken.

`BROKEN` is the list: the rule, what is done to the clean render, and words that the complaint has to have.
"""

import json
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path

import fixture
import handmade
import render as renders
import rules
import schema
from objects import Render, selects, title
from render import combinations
from report import Somewhere
from rules import config, images, links, network, pods, scaling
from rules.context import Context, handmade_secrets

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


@contextmanager
def tree():
    """A deploy/k8s directory of a base with one Service, an overlay, and a component with another."""

    def service(name):
        return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}})

    files = {
        "base/kustomization.yaml": "resources: [a.yaml]",
        "base/a.yaml": service("a"),
        "overlays/dev/kustomization.yaml": "resources: [../../base]",
        "components/more/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [b.yaml]",
        "components/more/b.yaml": service("b"),
    }
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        yield root


class SelfTest(unittest.TestCase):
    """Everything that `run` relies on."""

    def test_a_clean_render_passes(self):
        clean = Broken()
        for rule in rules.ALL:
            self.assertEqual(list(rule(clean.render(), CONTEXT)), [], rule.__name__)
        for obj in clean.objects:
            self.assertEqual(schema.problems(obj), [], obj)

    def test_each_rule_finds_what_is_broken(self):
        for rule, breaks, words in BROKEN:
            with self.subTest(rule=rule.__name__, words=words):
                broken = Broken()
                breaks(broken)
                found = list(rule(broken.render(), CONTEXT))
                self.assertTrue(any(words in problem for problem in found), found)

    def test_no_rule_is_without_a_case(self):
        self.assertEqual({r.__name__ for r in rules.ALL} - {r.__name__ for r, _, _ in BROKEN}, set())

    def test_schemas_refuse_what_does_not_fit(self):
        for key, breaks, words in UNFIT:
            with self.subTest(key=key, words=words):
                broken = Broken()
                obj = broken[key]
                breaks(broken)
                found = schema.problems(obj)
                self.assertTrue(any(words in problem for problem in found), found)

    def test_secrets_may_stand_in_the_dev_overlay(self):
        secret = {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"password": "x"}}
        found = config.secrets_stay_out_of_the_repository(Render("overlays/dev", [secret]), CONTEXT)
        self.assertEqual(list(found), [])

    def test_pods_that_no_policy_selects_are_open(self):
        open_ones = Broken()
        open_ones.objects = [o for o in open_ones.objects if o["kind"] != "NetworkPolicy"]
        render = Render("base", open_ones.objects)
        for rule in network.RULES:
            self.assertEqual(list(rule(render, CONTEXT)), [], rule.__name__)

    def test_selectors_select_as_in_kubernetes(self):
        def expression(operator, *values):
            return {"matchExpressions": [{"key": "a", "operator": operator, "values": list(values)}]}

        for selector, labels, expected in (
            ({}, {}, True),
            (None, {"a": "1"}, False),
            ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
            ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
            (expression("In", "1", "2"), {"a": "2"}, True),
            (expression("In", "1", "2"), {}, False),
            (expression("NotIn", "1"), {}, True),
            (expression("NotIn", "1"), {"a": "1"}, False),
            (expression("Exists"), {"a": "1"}, True),
            (expression("DoesNotExist"), {"a": "1"}, False),
        ):
            self.assertEqual(selects(selector, labels), expected, (selector, labels))

    def test_alternatives_are_not_combined_and_all_others_are(self):
        found = combinations(["autoscaling", "autoscaling-keda", "ingress", "rabbitmq"])
        self.assertNotIn(("autoscaling", "autoscaling-keda"), found)
        for expected in ((), ("ingress",), ("ingress", "rabbitmq"), ("autoscaling-keda", "ingress", "rabbitmq")):
            self.assertIn(expected, found)
        self.assertEqual(len(found), len(set(found)))

    def test_a_problem_that_another_render_solves_is_none(self):
        problem = Somewhere("NetworkPolicy/a: is for no pods")
        subjects = {"base": {"NetworkPolicy/a"}, "base + mongodb": {"NetworkPolicy/a"}, "overlays/dev": {"Service/a"}}
        self.assertFalse(problem.holds(["base"], subjects))
        self.assertTrue(problem.holds(["base", "base + mongodb"], subjects))

    def test_secrets_to_make_by_hand_are_those_of_the_table(self):
        page = "# A\n| `no` | `a` | |\n## Secrets\n| Secret | keys |\n| - | - |\n| `a`, `b` | `x`, `y.z`: two | for |\n## B\n| `no` | `a` | |"
        self.assertEqual(handmade_secrets(page), {"a": {"x", "y.z"}, "b": {"x", "y.z"}})
        self.assertEqual(handmade_secrets("# Nothing"), {})

    def test_secrets_are_made_as_they_are_documented(self):
        stores = [p for p in Broken().render().pods if p.spec is None]
        context = Context(version="1", handmade={"a": {"mongo-uri"}, "marketplace-tls": {"tls.key"}}, queues=frozenset())

        def secret(**data):
            metadata = {"name": "a", "namespace": "marketplace"}
            return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}

        good = secret(**{"mongo-uri": "mongodb://u:p@mongodb-svc.marketplace.svc:27017/"})
        self.assertEqual(list(handmade.problems([good], context, stores)), [])
        lost = secret(**{"mongo-uri": "mongodb://u:p@mongo:27017/"})
        self.assertIn("leads to mongo:27017, where no store is", list(handmade.problems([lost], context, stores))[0])
        for broken, words in (
            ([], "makes the keys [], docs/KUBERNETES.md lists ['mongo-uri']"),
            ([secret(other="x")], "makes the keys ['other']"),
            ([{**good, "metadata": {"name": "a"}}], "is not in the namespace"),
            ([{**good, "stringdata": {}}], "stringdata"),
        ):
            found = list(handmade.problems(broken, context, stores))
            self.assertTrue(any(words in problem for problem in found), found)

    def test_jobs_are_looked_at_in_an_overlay(self):
        with tree() as root:
            (root / "jobs").mkdir()
            (root / "jobs" / "once.yaml").write_text("kind: Job\nmetadata: {generateName: once-}")
            made = {p.label: [title(o) for o in renders.render(p).objects] for p in renders.plans(root)}
        self.assertEqual(made["overlays/dev + jobs"], ["Service/a", "Job/once-"])

    def test_files_that_no_kustomization_names_are_found(self):
        with tree() as root:
            (root / "base" / "forgotten.yaml").write_text("")
            self.assertEqual([str(f) for f in renders.orphans(root)], ["base/forgotten.yaml"])

    def test_overlays_and_combinations_are_rendered(self):
        with tree() as root:
            made = {p.label: [title(o) for o in renders.render(p).objects] for p in renders.plans(root)}
        self.assertEqual(made, {"overlays/dev": ["Service/a"], "base": ["Service/a"], "base + more": ["Service/a", "Service/b"]})

    def test_what_kustomize_refuses_or_warns_of_is_an_error(self):
        for written in ("resources: [absent.yaml]", "resources: [a.yaml]\ncommonLabels: {a: b}"):
            with self.subTest(written=written), tree() as root, self.assertRaises(renders.RenderError):
                (root / "base" / "kustomization.yaml").write_text(written)
                renders.render(renders.Plan("base", root / "base"))

    def test_a_directory_without_overlays_is_an_error(self):
        with tree() as root, self.assertRaises(renders.RenderError):
            (root / "overlays" / "dev" / "kustomization.yaml").unlink()
            renders.plans(root)

    def test_quantities_compare_over_units(self):
        self.assertEqual(pods.quantity("500m") * 2, pods.quantity("1"))
        self.assertEqual(pods.quantity("1Gi"), pods.quantity("1024Mi"))
        self.assertIsNone(pods.quantity("1 GB"))


if __name__ == "__main__":
    unittest.main()
