"""ConfigMaps and Secrets: what pods refer to exists, with that key; what exists is referred to; settings are settings."""

import re
import tomllib

from objects import WORKLOADS, at, containers, name, template, title
from rules.context import somewhere

# Of the Secrets that are made by hand, those that stay so where External Secrets fetches the others: certificates are cert-manager's, or
# of whoever else gives out yours.
ALWAYS_HANDMADE = {"marketplace-tls", "stores-authority"}

# Where Secrets may stand in the repository: passwords of a cluster that has nothing to protect.
SECRETS_MAY_STAND_IN = ("overlays/dev",)


class Reference:
    """Somebody's mention of a ConfigMap or Secret, perhaps of a key in it."""

    def __init__(self, who, kind, called, key=None, optional=False):
        self.who, self.kind, self.called, self.key, self.optional = who, kind, called, key, optional


def _of_source(who, kind, source, name_key="name"):
    called, optional = source.get(name_key), source.get("optional", False)
    items = source.get("items") or []
    if not items:
        yield Reference(who, kind, called, optional=optional)
    for item in items:
        yield Reference(who, kind, called, item["key"], optional)


def _of_volume(who, volume):
    if "configMap" in volume:
        yield from _of_source(who, "ConfigMap", volume["configMap"])
    if "secret" in volume:
        yield from _of_source(who, "Secret", volume["secret"], "secretName")
    for source in at(volume, "projected", "sources", default=[]):
        if "configMap" in source:
            yield from _of_source(who, "ConfigMap", source["configMap"])
        if "secret" in source:
            yield from _of_source(who, "Secret", source["secret"])


def _of_container(who, container):
    for source in container.get("envFrom") or []:
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if key in source:
                yield Reference(who, kind, source[key]["name"], optional=source[key].get("optional", False))
    for variable in container.get("env") or []:
        for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if chosen := at(variable, "valueFrom", key):
                yield Reference(who, kind, chosen["name"], chosen["key"], chosen.get("optional", False))


def _of_workload(workload):
    spec, who = at(template(workload), "spec", default={}), title(workload)
    for volume in spec.get("volumes") or []:
        yield from _of_volume(who, volume)
    for container in containers(spec):
        yield from _of_container(who, container)
    for secret in spec.get("imagePullSecrets") or []:
        yield Reference(who, "Secret", secret["name"])


def _of_custom_resource(obj):
    who, spec = title(obj), obj.get("spec") or {}
    if obj["kind"] == "TriggerAuthentication":
        for target in spec.get("secretTargetRef") or []:
            yield Reference(who, "Secret", target["name"], target["key"])
        for target in spec.get("configMapTargetRef") or []:
            yield Reference(who, "ConfigMap", target["name"], target["key"])
    elif obj["kind"] == "MongoDBCommunity":
        for user in spec.get("users") or []:
            chosen = user["passwordSecretRef"]
            yield Reference(who, "Secret", chosen["name"], chosen.get("key", "password"))
        for key, kind in (
            ("certificateKeySecretRef", "Secret"),
            ("caCertificateSecretRef", "Secret"),
            ("caConfigMapRef", "ConfigMap"),
        ):
            if called := at(spec, "security", "tls", key, "name"):
                yield Reference(who, kind, called)
    elif obj["kind"] == "RabbitmqCluster":
        for key in ("secretName", "caSecretName"):
            if called := at(spec, "tls", key):
                yield Reference(who, "Secret", called)
        if called := at(spec, "secretBackend", "externalSecret", "name"):
            yield Reference(who, "Secret", called)
    elif obj["kind"] == "Ingress":
        for entry in spec.get("tls") or []:
            if called := entry.get("secretName"):
                yield Reference(who, "Secret", called)


def references(render):
    for obj in render.objects:
        yield from _of_workload(obj) if obj["kind"] in WORKLOADS else _of_custom_resource(obj)


def supplied(render):
    """(kind, name) -> keys."""
    found = {}
    for obj in render.objects:
        spec = obj.get("spec") or {}
        if obj["kind"] in ("ConfigMap", "Secret"):
            found[obj["kind"], name(obj)] = {k for part in ("data", "stringData", "binaryData") for k in obj.get(part) or {}}
        elif obj["kind"] == "ExternalSecret":
            keys = set(at(spec, "target", "template", "data", default={})) or {d["secretKey"] for d in spec.get("data") or []}
            found["Secret", at(spec, "target", "name")] = keys
        elif obj["kind"] == "RabbitmqCluster" and not at(spec, "secretBackend", "externalSecret"):
            keys = {"username", "password", "host", "port", "connection_string", "default_user.conf", "provider", "type"}
            found["Secret", f"{name(obj)}-default-user"] = keys
        elif obj["kind"] == "MongoDBCommunity":
            for user in spec.get("users") or []:
                called = user.get("connectionStringSecretName", f"{name(obj)}-{user['db']}-{user['name']}")
                keys = {"connectionString.standard", "connectionString.standardSrv", "username", "password"}
                found["Secret", called] = keys
    return found


def references_are_supplied(render, context):
    there = supplied(render)
    for reference in references(render):
        if reference.optional:
            continue
        kind, called, key = reference.kind, reference.called, reference.key
        if (kind, called) in there:
            keys = there[kind, called]
        elif kind == "Secret" and called in context.handmade:
            keys = context.handmade[called]
            if render.kind("ExternalSecret") and called not in ALWAYS_HANDMADE:
                yield f"{reference.who}: refers to Secret/{called}, which no ExternalSecret fetches"
        else:
            yield (
                f"{reference.who}: refers to {kind}/{called}, which neither is there nor made by anything here,"
                " nor is it a Secret that docs/KUBERNETES.md says how to make"
            )
            continue
        if key is not None and key not in keys:
            yield f"{reference.who}: refers to the key {key} of {kind}/{called}, which has {', '.join(sorted(keys)) or 'none'}"


@somewhere
def nothing_is_left_over(render, _):
    used = {(r.kind, r.called) for r in references(render)}
    for obj in render.kind("ConfigMap", "Secret"):
        if (obj["kind"], name(obj)) not in used:
            yield f"{title(obj)}: nothing refers to it"
    for obj in render.kind("ExternalSecret"):
        if ("Secret", at(obj, "spec", "target", "name")) not in used:
            yield f"{title(obj)}: nothing refers to the Secret that it makes"


def secrets_stay_out_of_the_repository(render, _):
    if render.label in SECRETS_MAY_STAND_IN:
        return
    for secret in render.kind("Secret"):
        if secret.get("data") or secret.get("stringData"):
            yield f"{title(secret)}: its values stand in the repository"


def settings(render):
    """Every TOML file in a ConfigMap: (the ConfigMap, its key, what it holds or the parser's complaint)."""
    for obj in render.kind("ConfigMap"):
        for key, text in (obj.get("data") or {}).items():
            if key.endswith(".toml"):
                try:
                    yield obj, key, tomllib.loads(text)
                except tomllib.TOMLDecodeError as error:
                    yield obj, key, error


def settings_are_toml(render, _):
    for obj, key, found in settings(render):
        if isinstance(found, tomllib.TOMLDecodeError):
            yield f"{title(obj)}: {key} is not TOML: {found}"


def settings_hold_no_passwords(render, _):
    for obj in render.kind("ConfigMap"):
        for key, text in (obj.get("data") or {}).items():
            if re.search(r"\w+://[^\s/@\"']+:[^\s/@\"']+@", text):
                yield f"{title(obj)}: {key} holds a URL with a password; that belongs into a Secret"


def environment(render, pods):
    """The environment of the pods' last container, as far as it stands in the render."""
    container = containers(pods.spec)[-1]
    found = {}
    for source in container.get("envFrom") or []:
        called = at(source, "configMapRef", "name")
        found |= at(render.find("ConfigMap", called) or {}, "data", default={})
    return found | {v["name"]: v["value"] for v in container.get("env") or [] if v.get("value")}


def mounted_settings(render, pods):
    """(file name, text) of the TOML that pods mount."""
    for volume in pods.spec.get("volumes") or []:
        for source in [volume, *at(volume, "projected", "sources", default=[])]:
            config_map = render.find("ConfigMap", at(source, "configMap", "name")) or {}
            for key, text in at(config_map, "data", default={}).items():
                if key.endswith(".toml"):
                    yield key, text


def effective(render, pods, section, key):
    """What a process would use: MARKETPLACE__SECTION__KEY wins over the file. None if neither says."""
    path = [section, key] if section else [key]
    if (said := environment(render, pods).get("__".join(["MARKETPLACE", *path]).upper())) is not None:
        return said
    for _file, text in mounted_settings(render, pods):
        try:
            return at(tomllib.loads(text), *path)
        except tomllib.TOMLDecodeError:
            return None
    return None


def production_is_strict(render, _):
    if render.label != "overlays/production":
        return
    services = [p for p in render.pods if p.spec is not None and list(mounted_settings(render, p))]
    if not services:
        yield "no pods have settings"
    for pods in services:
        if (profile := effective(render, pods, None, "profile")) != "production":
            yield f"{title(pods.owner)}: its profile is {profile!r}, should be 'production'"
        if name(pods.owner) == "wallet-service" and (topups := effective(render, pods, "wallet", "topups")) != "trusted":
            yield f"{title(pods.owner)}: its wallet.topups is {topups!r}, should be 'trusted': anybody could make money"
    for workload in render.kind("Deployment"):
        if render.least_replicas(workload) < 2:
            yield f"{title(workload)}: has {render.least_replicas(workload)} replica in production, should have 2 or more"


RULES = [
    references_are_supplied,
    nothing_is_left_over,
    secrets_stay_out_of_the_repository,
    settings_are_toml,
    settings_hold_no_passwords,
    production_is_strict,
]
