"""A small marketplace that breaks no rule, for selftest.py to break."""

LABEL = "app.kubernetes.io/name"
OURS = {"key": LABEL, "operator": "In", "values": ["order-service", "wallet-service"]}
RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def _meta(name):
    return {"name": name, "namespace": "marketplace"}


def _labels(name):
    return {"matchLabels": {LABEL: name}}


def _probe(path="/healthz"):
    return {"httpGet": {"path": path, "port": "internal"}}


def _pod(name, image, **container):
    return {
        "metadata": {"labels": {LABEL: name}},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 60,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": _labels(name),
                }
            ],
            "containers": [
                {
                    "name": "service",
                    "image": image,
                    "resources": {
                        "requests": {"cpu": "250m", "memory": "64Mi"},
                        "limits": {"cpu": "1", "memory": "256Mi"},
                    },
                    "securityContext": dict(RESTRICTED),
                    **container,
                }
            ],
        },
    }


def _deployment(name):
    template = _pod(
        name,
        f"marketplace/{name}:1.2.3",
        ports=[{"name": "http", "containerPort": 8080}, {"name": "internal", "containerPort": 9080}],
        startupProbe=_probe(),
        livenessProbe=_probe(),
        readinessProbe=_probe("/readyz"),
        lifecycle={"preStop": {"sleep": {"seconds": 10}}},
        volumeMounts=[{"name": "settings", "mountPath": "/etc/marketplace"}, {"name": "secrets", "mountPath": "/run/secrets"}],
    )
    template["spec"]["volumes"] = [
        {"name": "settings", "configMap": {"name": name}},
        {"name": "secrets", "secret": {"secretName": name, "items": [{"key": "mongo-uri", "path": "mongo-uri"}]}},
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _meta(name),
        "spec": {"replicas": 2, "selector": _labels(name), "template": template},
    }


def _around(name, toml):
    """What stands beside a deployment."""
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta(name), "data": {"marketplace.toml": toml}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _meta(name),
            "spec": {
                "selector": {LABEL: name},
                "ports": [
                    {"name": "http", "port": 8080, "targetPort": "http"},
                    {"name": "internal", "port": 9080, "targetPort": "internal"},
                ],
            },
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": _meta(name),
            "spec": {"maxUnavailable": 1, "selector": _labels(name)},
        },
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": _meta(name),
            "spec": {
                "refreshInterval": "1h",
                "secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"},
                "target": {"name": name},
                "data": [
                    {"secretKey": key, "remoteRef": {"key": f"marketplace/{name}", "property": key}}
                    for key in ("mongo-uri", "amqp-uri")
                ],
            },
        },
    ]


def _policy(name, selector, **spec):
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _meta(name),
        "spec": {"podSelector": selector, **spec},
    }


def _edge(source, target, *ports):
    """Both ends of an edge; selectors as they are."""
    allowed = [{"port": port} for port in ports]
    name = f"{source[LABEL]}-to-{target.get(LABEL, 'mongo')}"
    source, target = {"matchLabels": source}, {"matchLabels": target}
    leaves = {"to": [{"podSelector": target}], "ports": allowed}
    arrives = {"from": [{"podSelector": source}], "ports": allowed}
    return [
        _policy(f"{name}-out", source, policyTypes=["Egress"], egress=[leaves]),
        _policy(f"{name}-in", target, policyTypes=["Ingress"], ingress=[arrives]),
    ]


def _policies():
    order, wallet, mongo = {LABEL: "order-service"}, {LABEL: "wallet-service"}, {"app": "mongodb-svc"}
    rabbit = {LABEL: "rabbitmq"}
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    dns = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}
    scrapes = {"from": [monitoring], "ports": [{"port": 9080}]}
    keda = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "keda"}}}
    return [
        _policy("default-deny", {}, policyTypes=["Ingress", "Egress"]),
        _policy("dns", {}, policyTypes=["Egress"], egress=[dns]),
        _policy("monitoring", {"matchExpressions": [OURS]}, policyTypes=["Ingress"], ingress=[scrapes]),
        _policy("way-in", {"matchLabels": order}, policyTypes=["Ingress"], ingress=[{"ports": [{"port": "http"}]}]),
        _policy("keda", {"matchLabels": rabbit}, policyTypes=["Ingress"], ingress=[{"from": [keda], "ports": [{"port": 5672}]}]),
        *_edge(order, wallet, 8080),
        *_edge(order, mongo, 27017),
        *_edge(order, rabbit, 5672),
        *_edge(rabbit, rabbit, 4369, 25672),
    ]


def _scaling():
    return [
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": _meta("order-service"),
            "spec": {
                "scaleTargetRef": {"name": "order-service"},
                "minReplicaCount": 2,
                "maxReplicaCount": 8,
                "triggers": [
                    {
                        "type": "rabbitmq",
                        "metadata": {"queueName": "order.saga", "mode": "QueueLength", "value": "500"},
                        "authenticationRef": {"name": "order-service"},
                    }
                ],
            },
        },
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "TriggerAuthentication",
            "metadata": _meta("order-service"),
            "spec": {"secretTargetRef": [{"parameter": "host", "name": "order-service", "key": "amqp-uri"}]},
        },
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": _meta("wallet-service"),
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "wallet-service"},
                "minReplicas": 2,
                "maxReplicas": 4,
            },
        },
    ]


def _stores():
    return [
        {
            "apiVersion": "mongodbcommunity.mongodb.com/v1",
            "kind": "MongoDBCommunity",
            "metadata": _meta("mongodb"),
            "spec": {
                "type": "ReplicaSet",
                "members": 3,
                "version": "8.0.12",
                "security": {"authentication": {"modes": ["SCRAM"]}},
                "users": [
                    {
                        "name": "order-service",
                        "db": "admin",
                        "passwordSecretRef": {"name": "order-service", "key": "mongo-uri"},
                        "scramCredentialsSecretName": "order-service",
                        "roles": [{"name": "readWrite", "db": "marketplace_orders"}],
                    }
                ],
            },
        },
        {
            "apiVersion": "rabbitmq.com/v1beta1",
            "kind": "RabbitmqCluster",
            "metadata": _meta("rabbitmq"),
            "spec": {"replicas": 3, "image": "rabbitmq:4.1.4-management"},
        },
    ]


def marketplace():
    """All objects, new ones at each call."""
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "marketplace", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": _meta("marketplace"),
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{"hosts": ["shop.example"], "secretName": "marketplace-tls"}],
            "rules": [
                {
                    "host": "shop.example",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "order-service", "port": {"name": "http"}}},
                            }
                        ]
                    },
                }
            ],
        },
    }
    monitor = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": _meta("marketplace"),
        "spec": {
            "selector": {"matchExpressions": [OURS]},
            "podMetricsEndpoints": [{"port": "internal", "path": "/metrics", "interval": "15s"}],
        },
    }
    order, wallet = _deployment("order-service"), _deployment("wallet-service")
    # Scalers say how many.
    del order["spec"]["replicas"], wallet["spec"]["replicas"]
    return [
        namespace,
        order,
        wallet,
        *_around("order-service", 'profile = "production"\n[orders]\nwallet_url = "http://wallet-service:8080"\n'),
        *_around("wallet-service", 'profile = "production"\n[wallet]\ntopups = "trusted"\n'),
        *_policies(),
        *_scaling(),
        *_stores(),
        ingress,
        monitor,
    ]
