"""All rules: the schemas of Kubernetes and of custom resources, policy.yaml, and functions that relate several objects of a render."""

import json
from functools import cache
from pathlib import Path

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator, ValidationError

import config
import links
import network
from objects import SERVING, at, pods_of, title

HERE = Path(__file__).parent
SCHEMA = "Kubernetes accepts it."
POLICY = [(p["of"], p["rule"], Draft202012Validator(p["schema"])) for p in yaml.safe_load((HERE / "policy.yaml").read_text())]
RELATIONS = [config.references_resolve_and_nothing_is_unused, config.settings_are_toml, config.production_is_strict]
RELATIONS += [links.images_have_the_version_of_the_workspace, links.everything_is_in_one_namespace, links.workloads_select_their_own_pods]
RELATIONS += [links.volumes_are_there_and_mounted, links.requests_fit_limits, links.ports_exist, links.scalers_can_scale]
RELATIONS += [links.replicas_survive_a_node, network.everything_is_denied_first, network.ports_are_reached_and_names_resolved]
RELATIONS += [network.policies_name_what_exists, network.edges_are_allowed_at_both_ends, network.other_namespaces_reach_what_they_ask]
NAMES = {SCHEMA, *(rule for _, rule, _ in POLICY), *(rule.__name__ for rule in RELATIONS)}


@cache
def _schema(file, version, shipped=kubernetes_validate.utils.schema_contents):
    """Lets kubernetes-validate find the schemas of custom resources, and read each file once: one has 1.8 MB."""
    custom = HERE / "schemas" / Path(file).name
    return {"$id": file, **json.loads(custom.read_text())} if custom.is_file() else shipped(file, version)


kubernetes_validate.utils.schema_contents = _schema


def _parts(obj):
    """(what a policy can be `of`, name in messages, part) for an object, its pods, and each of their containers."""
    yield obj["kind"], title(obj), obj
    pods = pods_of(obj)
    for prefix in (p for p in ("", "serving ") if pods and pods.spec is not None and (not p or obj["kind"] in SERVING)):
        yield f"{prefix}pod", title(obj), pods.spec
        for container in at(pods.spec, "containers", default=[]) if prefix else pods.containers:
            yield f"{prefix}container", f"{title(obj)}, container {container['name']}", container


def _sentence(where, error, rule):
    # Of a schema that is `false`, the message is the value, which may be a secret.
    message = error.message[:300] if error.validator else "contains what it must not"
    return f"{where}: {'.'.join(map(str, error.absolute_path))} {message} [{rule}]"


@cache
def schema_problems(text):
    """What the API server would reject in an object, given as JSON. Renders share most objects, so results are kept."""
    obj = json.loads(text)
    try:
        kubernetes_validate.validate({"apiVersion": "", "kind": "", **obj}, kubernetes_validate.latest_version(), strict=True)
    except ValidationError as error:
        return [_sentence(title(obj), error, SCHEMA)]
    except kubernetes_validate.SchemaNotFoundError as error:
        return [f"{error.message}, nor is there one in schemas/ [{SCHEMA}]"]
    return []


@cache
def policy_problems(text):
    """What breaks policy.yaml in an object, given as JSON."""
    parts = list(_parts(json.loads(text)))
    checks = [(rule, validator, where, part) for of, rule, validator in POLICY for kind, where, part in parts if of == kind]
    return [_sentence(where, error, rule) for rule, validator, where, part in checks for error in validator.iter_errors(part)]


def problems(render, facts, relations=NAMES):
    """Everything that is wrong with a render, in sentences. Each kind of check relies on the one before: schemas, policy, relations."""
    texts = [json.dumps(obj) for obj in render.objects]
    found = [p for text in texts for p in schema_problems(text)] or [p for text in texts for p in policy_problems(text)]
    checked = [(r, r.__name__) for r in RELATIONS if r.__name__ in relations]
    return found or [f"{problem} [{called}]" for relation, called in checked for problem in relation(render, facts)]
