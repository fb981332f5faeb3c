"""Strict validation: Kubernetes' own kinds by the schemas in kubernetes-validate, custom resources by those in schemas/.

Strict means that a field which the schema does not know is an error; so is a kind without a schema.
"""

import importlib.resources
import json
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

# The newest that the pinned kubernetes-validate knows.
KUBERNETES = "1.37.0"

HERE = Path(__file__).parent


def _shipped(file):
    package = importlib.resources.files("kubernetes_validate")
    return package / "kubernetes-json-schema" / f"v{KUBERNETES}-local-strict" / file


@cache
def _registry():
    definitions = json.loads(_shipped("_definitions.json").read_text())
    return Registry().with_resource(definitions["$id"], Resource.from_contents(definitions))


@cache
def _validator(api_version, kind):
    """None where nothing describes the kind."""
    group, _, version = api_version.rpartition("/")
    custom = HERE / "schemas" / f"{kind.lower()}-{group}-{version}.json"
    if custom.is_file():
        schema = json.loads(custom.read_text())
    else:
        short = f"{group.split('.')[0]}-{version}" if group else version
        shipped = _shipped(f"{kind.lower()}-{short}.json")
        if not shipped.is_file():
            return None
        schema = json.loads(shipped.read_text())
        # Different groups can share the first part of their names.
        if schema["properties"]["apiVersion"].get("enum") != [api_version]:
            return None
    return Draft202012Validator(schema, registry=_registry())


def problems(obj):
    """What is wrong with one object's shape, in sentences."""
    api_version, kind = obj.get("apiVersion"), obj.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return ["has no apiVersion or no kind"]
    validator = _validator(api_version, kind)
    if validator is None:
        return [f"no schema for {api_version} {kind}: neither Kubernetes {KUBERNETES} nor schemas/ knows it"]
    return [_sentence(error) for error in validator.iter_errors(obj)]


def _sentence(error):
    where = ".".join(map(str, error.absolute_path)) or "(top)"
    # Of an anyOf or oneOf, the branch that came closest says more than the whole.
    closest = best_match([error])
    message = closest.message if len(closest.message) < 300 else closest.message[:300] + "…"
    return f"{where}: {message}"
