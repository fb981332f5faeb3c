"""How many replicas, and what may take them away: scalers, disruption budgets, spreading."""

import math

from objects import at, name, selects, title


def scalers_have_one_target_each(render, _):
    for scaler in render.kind("HorizontalPodAutoscaler", "ScaledObject"):
        target = at(scaler, "spec", "scaleTargetRef", default={})
        kind, called = target.get("kind", "Deployment"), target.get("name")
        if render.find(kind, called) is None:
            yield f"{title(scaler)}: scales {kind}/{called}, which is not there"
    for workload in render.kind("Deployment", "StatefulSet"):
        scalers = render.scalers(workload)
        if len(scalers) > 1:
            yield f"{title(workload)}: is scaled by {' and '.join(map(title, scalers))}, which undo each other's work"
        if scalers and at(workload, "spec", "replicas") is not None:
            yield f"{title(workload)}: sets replicas though {title(scalers[0])} scales it: each apply would undo the scaler"


def scalers_can_scale(render, context):
    for scaler in render.kind("HorizontalPodAutoscaler"):
        least, most = at(scaler, "spec", "minReplicas", default=1), at(scaler, "spec", "maxReplicas", default=0)
        if least >= most:
            yield f"{title(scaler)}: minReplicas {least} leaves nothing to scale up to maxReplicas {most}"
    for scaler in render.kind("ScaledObject"):
        spec = scaler.get("spec") or {}
        least, most = spec.get("minReplicaCount", 0), spec.get("maxReplicaCount", 100)
        if least >= most:
            yield f"{title(scaler)}: minReplicaCount {least} leaves nothing to scale up to maxReplicaCount {most}"
        if least < 1:
            yield f"{title(scaler)}: minReplicaCount {least}: it serves requests, which nothing would answer"
        for trigger in spec.get("triggers") or []:
            called = at(trigger, "authenticationRef", "name")
            kind = at(trigger, "authenticationRef", "kind", default="TriggerAuthentication")
            if called and render.find(kind, called) is None:
                yield f"{title(scaler)}: its trigger {trigger['type']} names {kind}/{called}, which is not there"
            queue = at(trigger, "metadata", "queueName")
            if trigger.get("type") == "rabbitmq" and queue not in context.queues:
                yield f"{title(scaler)}: counts the queue {queue}, which no service reads ({', '.join(sorted(context.queues))})"
            if trigger.get("type") == "rabbitmq" and not called and not {"host", "hostFromEnv"} & set(trigger["metadata"]):
                yield f"{title(scaler)}: its trigger rabbitmq is told no broker (host, hostFromEnv or authenticationRef)"
    used = {
        at(t, "authenticationRef", "name") for s in render.kind("ScaledObject") for t in at(s, "spec", "triggers", default=[])
    }
    for authentication in render.kind("TriggerAuthentication"):
        if name(authentication) not in used:
            yield f"{title(authentication)}: no trigger uses it"


def _of(value, replicas):
    """A count or a percentage of the replicas; Kubernetes rounds up."""
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(replicas * int(value[:-1]) / 100)
    return int(value)


def budgets_allow_an_eviction(render, _):
    for budget in render.kind("PodDisruptionBudget"):
        spec = budget.get("spec") or {}
        pods = render.selected(spec.get("selector"))
        if not pods:
            yield f"{title(budget)}: selects no pods"
        for selected in pods:
            if selected.spec is None:
                continue
            replicas = render.least_replicas(selected.owner)
            if "minAvailable" in spec:
                evictable = replicas - _of(spec["minAvailable"], replicas)
            else:
                evictable = _of(spec.get("maxUnavailable", 0), replicas)
            if evictable < 1:
                yield (
                    f"{title(budget)}: allows no eviction of {title(selected.owner)} at {replicas} replicas:"
                    " a node with one of them could not be drained"
                )


def replicated_deployments_have_a_budget_and_are_spread(render, _):
    for pods in render.pods:
        if pods.spec is None or pods.owner["kind"] not in ("Deployment", "StatefulSet"):
            continue
        who = title(pods.owner)
        if render.least_replicas(pods.owner) > 1:
            budgets = [b for b in render.kind("PodDisruptionBudget") if selects(at(b, "spec", "selector"), pods.labels)]
            if len(budgets) != 1:
                yield f"{who}: has {len(budgets)} PodDisruptionBudgets, should have one"
            if not pods.spec.get("topologySpreadConstraints"):
                yield f"{who}: has no topologySpreadConstraints: all its replicas may share a node"
        for constraint in pods.spec.get("topologySpreadConstraints") or []:
            if not selects(constraint.get("labelSelector"), pods.labels):
                yield f"{who}: its spread over {constraint['topologyKey']} does not count its own pods"


def upgrades_keep_serving(render, _):
    for deployment in render.kind("Deployment"):
        replicas = render.least_replicas(deployment)
        if at(deployment, "spec", "strategy", "type", default="RollingUpdate") != "RollingUpdate":
            yield f"{title(deployment)}: is not upgraded by rolling"
            continue
        away = at(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable", default="25%")
        # Kubernetes rounds this one down.
        gone = math.floor(replicas * int(away[:-1]) / 100) if isinstance(away, str) else away
        if gone >= replicas:
            yield f"{title(deployment)}: an upgrade may stop all its {replicas} replicas at once"


RULES = [
    scalers_have_one_target_each,
    scalers_can_scale,
    budgets_allow_an_eviction,
    replicated_deployments_have_a_budget_and_are_spread,
    upgrades_keep_serving,
]
