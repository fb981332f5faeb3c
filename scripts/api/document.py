"""The document by itself: valid OpenAPI 3.1, and its examples fit their schemas."""

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

NAME = "urn:document"


def check(document):
    """Returns how many examples there are."""
    OpenAPIV31SpecValidator(document).validate()
    registry = Registry().with_resource(NAME, DRAFT202012.create_resource(document))
    count, faults = 0, []
    for place, pointer, schema_pointer, value in examples(document):
        count += 1
        validator = jsonschema.Draft202012Validator(
            {"$ref": f"{NAME}#{schema_pointer}"},
            registry=registry,
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
        )
        faults += [f"{place}: {pointer}: {error.message}" for error in validator.iter_errors(value)]
    if faults:
        raise SystemExit("examples that do not fit their schema:\n" + "\n".join(faults))
    return count


def examples(node, pointer="", place=""):
    """Every example beside or inside a schema, with the pointers to both."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from examples(item, f"{pointer}/{index}", place)
        return
    if not isinstance(node, dict):
        return
    place = node.get("operationId", place)
    # A media type or a parameter has a schema; a schema is one itself.
    schema = f"{pointer}/schema" if "schema" in node else pointer
    if "schema" in node or "type" in node or "$ref" in node:
        if "example" in node:
            yield place, f"{pointer}/example", schema, node["example"]
        named = node.get("examples", {})
        for name, example in named.items() if "schema" in node else enumerate(named):
            value = example["value"] if "schema" in node else example
            yield place, f"{pointer}/examples/{name}", schema, value
    for name, item in node.items():
        if name not in ("example", "examples"):
            escaped = name.replace("~", "~0").replace("/", "~1")
            yield from examples(item, f"{pointer}/{escaped}", place)
