//! The operations of the API document, and what it suggests to send.

use reqwest::Method;
use serde_json::Value;

/// Comes first: one of the examples of a login is the account that it makes.
const FIRST: &str = "registerUser";

/// These come last, in this sequence, as they take away what other examples need.
const LAST: [&str; 25] = [
    "addImage",
    "removeImage",
    "suspendSeller",
    "reinstateSeller",
    "requestReturn",
    "openDispute",
    "shipItems",
    "deliverShipment",
    "refundPart",
    "cancelFulfilment",
    "cancelOrder",
    "compensateOrder",
    "retryOrder",
    "removeAddress",
    "removeVariant",
    "unpublishProduct",
    "removeProduct",
    "takeDownProduct",
    "deleteMe",
    "changeEmail",
    "changePassword",
    "grantRole",
    "revokeRole",
    "suspendUser",
    "reinstateUser",
];

/// What only sellers and operators do. The first seller has bought the orders of the examples, so an operator does it for its seller.
const OF_SELLERS: [&str; 6] = [
    "shipItems",
    "refundPart",
    "cancelFulfilment",
    "approveReturn",
    "denyReturn",
    "receiveReturn",
];

/// An operation of the document.
pub(crate) struct Operation<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) detail: &'a Value,
}

impl Operation<'_> {
    pub(crate) fn id(&self) -> &str {
        self.detail["operationId"].as_str().unwrap()
    }

    fn turn(&self) -> usize {
        match LAST.iter().position(|last| *last == self.id()) {
            Some(place) => place + 2,
            None => usize::from(self.id() != FIRST),
        }
    }

    /// Whether only an operator may.
    pub(crate) fn is_for_operators(&self) -> bool {
        let description = self.detail["description"].as_str().unwrap_or_default();
        // It may go over the end of a line.
        let words: Vec<&str> = description.split_whitespace().collect();
        let description = words.join(" ").to_lowercase();
        OF_SELLERS.contains(&self.id()) || description.contains("role `admin`")
    }

    /// The bodies that the document suggests; one that is none if the operation takes none.
    pub(crate) fn bodies(&self) -> Vec<Option<Value>> {
        let Some(body) = self.detail.get("requestBody") else {
            return vec![None];
        };
        let content = &body["content"]["application/json"];
        match content["examples"].as_object() {
            Some(examples) => examples
                .values()
                .map(|one| Some(one["value"].clone()))
                .collect(),
            None => vec![Some(content["example"].clone())],
        }
    }
}

/// All of them, in the sequence in which their examples work.
pub(crate) fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, detail) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            found.push(Operation {
                method,
                path,
                detail,
            });
        }
    }
    found.sort_by_key(Operation::turn);
    found
}

/// What the page puts into the field of a parameter.
pub(crate) fn prefilled(document: &Value, parameter: &Value) -> Option<String> {
    let schema = &parameter["schema"];
    let shared = schema["$ref"]
        .as_str()
        .map(|reference| reference.trim_start_matches('#'));
    let schema = shared.map_or(schema, |pointer| document.pointer(pointer).unwrap());
    let values = [
        &parameter["example"],
        &schema["example"],
        &schema["default"],
    ];
    let value = values.into_iter().find(|value| !value.is_null())?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}
