"""What Schemathesis cannot know by itself: which refusals of a valid request are the business's."""

import json
import os
import urllib.request

import schemathesis
from schemathesis import GenerationMode


@schemathesis.auth(refresh_interval=2)
class Login:
    """Logs in anew every other second: some operations end the login that asks, and all after them would be refused."""

    def get(self, case, ctx):
        request = urllib.request.Request(
            os.environ["LOGIN_URL"], os.environ["LOGIN_BODY"].encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["token"]

    def set(self, case, data, ctx):
        case.headers["Authorization"] = f"Bearer {data}"


# Refusals of the form of a request. One that the document allows must not meet any of them.
OF_FORM = {"malformed_json", "invalid_header", "invalid_query", "unsupported_media_type", "validation_failed"}

# Faults that concern what a schema cannot say: the code, and where it may be.
BEYOND_SCHEMAS = {
    ("unknown_category", "/parentId"),  # an id that is none
    ("unknown_category", "/category/id"),
    ("category_retired", "/category"),
    ("invalid_cursor", "?cursor"),  # only the server makes cursors
    ("out_of_range", "?to"),  # later than `from`
    ("out_of_range", "?from"),  # a span of at most 366 days
    ("operators_only", "/note"),  # depends on who asks
    ("not_with_items", "/amount"),  # a refund is of items or of an amount
    ("required", "/items"),
    ("required", "/amount"),  # with the outcome `partial`
    ("partial_only", "/amount"),
    ("items_only", "/restock"),
    ("wrong_currency", "/amount/currency"),  # the order's
    ("too_many", "?from"),  # sales of a span
    ("default_needed", "/isDefault"),
    ("required", "/shippingAddress"),  # if something is shipped
    *((code, "/file") for code in ("unsupported_format", "unreadable", "animated", "too_many_pixels")),  # what bytes say
    ("invalid_url", "/trackingUrl"),  # an address that leads nowhere
    *(("unknown_line", f"/items/{place}/lineId") for place in range(100)),
    ("out_of_range", "?minPrice"),  # not above `maxPrice`
    ("requires_q", "?sort"),  # relevance needs a search
    ("too_many_words", "?q"),
    ("invalid_character", "?q"),
    ("out_of_range", "/items"),  # the sum of the lines of one variant
    ("out_of_range", "/delta"),  # not 0; and the stock that comes of it
    ("too_long", "/metadata"),  # bytes
    *(
        (code, f"{variant}/{field}")  # names of options, and variants that are too much alike
        for variant in ("", *(f"/variants/{place}" for place in range(99)))
        for code, field in [
            ("duplicate", "options"), ("too_short", "options"), ("too_long", "options"), ("invisible", "options"),
            ("invalid_character", "options"), ("duplicate", "sku"),
        ]
    ),
    *((code, pointer) for code in ("too_short", "too_long") for pointer in ("/password", "/newPassword")),  # bytes
}

# The same, wherever they are below /attributes: what a product says depends on its category, and a definition on its type.
OF_ATTRIBUTES = {
    "unknown_attribute", "invalid_type", "unknown_value", "out_of_range",
    "wrong_for_type", "required", "repeated", "too_short", "too_long", "invalid_character", "invisible",
}


def is_beyond_schemas(fault):
    code, pointer = fault
    return fault in BEYOND_SCHEMAS or (pointer.startswith("/attributes/") and code in OF_ATTRIBUTES)


# JSON Schema calls 1.0 an integer. The API does not: an amount that went through a float may have lost something.
NO_FLOATS = "must be an integer, without decimals"


@schemathesis.check
def a_valid_request_is_not_refused_for_its_form(ctx, response, case):
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or response.status_code not in (400, 415, 422):
        return
    problem = response.json()
    faults = {
        (fault["code"], fault["pointer"]) for fault in problem.get("errors", []) if fault["detail"] != NO_FLOATS
    }
    if problem.get("errors") and not faults:
        return
    if problem["code"] in OF_FORM and not (faults and all(map(is_beyond_schemas, faults))):
        raise AssertionError(f"{problem['code']}: {problem['detail']} {problem.get('errors', '')}")


@schemathesis.check
def a_refusal_names_its_request(ctx, response, case):
    if response.status_code < 400 or case.path == "/readyz":
        return
    problem = response.json()
    [request_id] = response.headers["x-request-id"]
    if problem["instance"] != request_id:
        raise AssertionError(f"{problem['instance']} is not {request_id}")
