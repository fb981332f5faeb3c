"""ConfigMaps, Secrets and what else is referred to by name: every reference resolves, and settings are what services accept."""

import subprocess
import tomllib

from objects import at, name, title

# Where External Secrets fetches the other Secrets, these are still made by hand, or by cert-manager.
ALWAYS_HANDMADE = {"marketplace-tls", "stores-authority"}

# Fields that name an object, in workloads and in the resources of operators, and its kind where they do not say it.
REFERENCES = {f: "ConfigMap" for f in ("configMap", "configMapRef", "configMapKeyRef", "configMapTargetRef", "caConfigMapRef")}
REFERENCES |= {f: "Secret" for f in ("secret", "secretRef", "secretKeyRef", "secretTargetRef", "secretName", "caSecretName")}
REFERENCES |= {f: "Secret" for f in ("imagePullSecrets", "externalSecret", "passwordSecretRef", "certificateKeySecretRef")}
REFERENCES |= {"caCertificateSecretRef": "Secret", "roleRef": "Role", "subjects": "ServiceAccount", "service": "Service"}
REFERENCES |= {"serviceAccountName": "ServiceAccount", "scaleTargetRef": "Deployment", "authenticationRef": "TriggerAuthentication"}


def references(node):
    """(kind, name, key or None) of what an object refers to and cannot do without."""
    if isinstance(node, list):
        yield from (found for child in node for found in references(child))
    for field, value in node.items() if isinstance(node, dict) else ():
        if field not in REFERENCES:
            yield from references(value)
            continue
        for source in value if isinstance(value, list) else [value]:
            source = {"name": source} if isinstance(source, str) else source
            default = {"passwordSecretRef": "password"}.get(field)
            keys = [item["key"] for item in source.get("items") or []] or [source.get("key", default)]
            kind, called = source.get("kind", REFERENCES[field]), source.get("name", source.get("secretName"))
            yield from ((kind, called, key) for key in keys if not source.get("optional"))


def references_resolve_and_nothing_is_unused(render, facts):
    there = {(o["kind"], name(o)): {key for part in ("data", "binaryData") for key in o.get(part) or {}} for o in render.objects}
    for obj in render.kind("ExternalSecret"):
        there["Secret", at(obj, "spec", "target", "name")] = {entry["secretKey"] for entry in obj["spec"]["data"]}
    used = set()
    for obj in render.objects:
        for kind, called, key in references(obj):
            used.add((kind, called))
            keys, who = there.get((kind, called)), f"{title(obj)}: refers to {kind}/{called}"
            if keys is None and kind == "Secret" and called in facts.handmade:
                keys = facts.handmade[called]
                if render.kind("ExternalSecret") and called not in ALWAYS_HANDMADE:
                    yield f"{who}, which no ExternalSecret fetches"
            if keys is None:
                yield f"{who}, which is not there, and which docs/KUBERNETES.md does not list as made by hand"
            elif key is not None and key not in keys:
                yield f"{who} and its key {key}, which is not among {', '.join(sorted(keys))}"
    idle = {thing for thing in there.keys() - used if thing[0] in ("ConfigMap", "Secret", "TriggerAuthentication")}
    yield from (f"{kind}/{called}: nothing refers to it" for kind, called in idle if render.complete)


def settings(render, pods):
    """What the pods' last container is set to, as far as the render contains it: variables, and TOML files by their names."""
    container = pods.containers[-1]
    sources = [render.find(kind, called) for kind, called, _ in references([container.get("envFrom"), pods.spec.get("volumes")])]
    found = {key: text for source in sources if source for key, text in source.get("data", {}).items()}
    return found | {v["name"]: v["value"] for v in container.get("env") or [] if v.get("value")}


def settings_are_toml(render, _):
    for obj in render.kind("ConfigMap"):
        for key in (key for key in obj.get("data", {}) if key.endswith(".toml")):
            try:
                tomllib.loads(obj["data"][key])
            except tomllib.TOMLDecodeError as error:
                yield f"{title(obj)}: {key} is not TOML: {error}"


def production_is_strict(render, _):
    """Variables decide: they take precedence over files. With other top-ups, users could give themselves money."""
    wanted = {"MARKETPLACE__PROFILE": "production", "MARKETPLACE__WALLET__TOPUPS": "trusted"}
    for pods in render.services if render.label == "overlays/production" else ():
        found = settings(render, pods) if name(pods.owner).endswith("-service") else wanted
        for key in (key for key in wanted if found.get(key) != wanted[key]):
            yield f"{title(pods.owner)}: {key} is {found.get(key)!r} in production, must be {wanted[key]!r}"


def rejected_settings(render, binaries):
    """What the services' own programs say against the settings that their pods get. Programs that are not there say nothing."""
    for pods in render.services if binaries else ():
        program, found = binaries.resolve() / name(pods.owner), settings(render, pods)
        files = [key for key in found if key.endswith(".toml")]
        for key in files if program.is_file() else ():
            environ = {key: value for key, value in found.items() if key not in files}
            command = [program, "config", "--config", "/dev/stdin"]
            done = subprocess.run(command, env=environ, input=found[key], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                yield f"{title(pods.owner)}: rejects {key}: {done.stderr or done.stdout}"
