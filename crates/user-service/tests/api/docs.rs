//! The OpenAPI document of this service: every operation has a description.

use serde_json::Value;

#[tokio::test]
async fn every_operation_is_explained_with_its_answers_and_examples() {
    let document = serde_json::to_value(user_service::openapi().operations).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            for member in ["summary", "description"] {
                let text = operation[member].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{name} has no {member}");
            }
            assert!(operation["security"].is_array(), "{name}: open or not?");
            let is_of_sellers = path.starts_with("/api/sellers");
            let tag = if is_of_sellers { "sellers" } else { "users" };
            assert_eq!(operation["tags"], serde_json::json!([tag]), "{name}");
            if let Some(body) = operation.get("requestBody") {
                let content = &body["content"]["application/json"];
                let example = content.get("example").or(content.get("examples"));
                assert!(example.is_some(), "{name} has no example");
            }
            for (status, answer) in operation["responses"].as_object().unwrap() {
                assert!(
                    answer["description"]
                        .as_str()
                        .is_some_and(|text| !text.is_empty()),
                    "{name} {status}"
                );
            }
            operations.push(name);
        }
    }
    operations.sort();
    assert_eq!(
        operations,
        [
            "delete /api/users/me",
            "delete /api/users/me/addresses/{id}",
            "delete /api/users/me/sessions",
            "delete /api/users/me/sessions/{id}",
            "delete /api/users/me/totp",
            "delete /api/users/{id}/roles/{role}",
            "get /.well-known/jwks.json",
            "get /api/audit-log",
            "get /api/sellers",
            "get /api/sellers/me",
            "get /api/users",
            "get /api/users/dead-letters",
            "get /api/users/me",
            "get /api/users/me/addresses",
            "get /api/users/me/addresses/{id}",
            "get /api/users/me/export",
            "get /api/users/me/notifications",
            "get /api/users/me/sessions",
            "get /api/users/me/totp",
            "get /api/users/{id}",
            "patch /api/users/me",
            "post /api/sellers/{id}/approve",
            "post /api/sellers/{id}/reinstate",
            "post /api/sellers/{id}/suspend",
            "post /api/setup",
            "post /api/users/dead-letters/replay",
            "post /api/users/dead-letters/{id}/replay",
            "post /api/users/login",
            "post /api/users/logout",
            "post /api/users/me/addresses",
            "post /api/users/me/email",
            "post /api/users/me/password",
            "post /api/users/me/totp",
            "post /api/users/me/totp/confirm",
            "post /api/users/password/forgot",
            "post /api/users/password/reset",
            "post /api/users/refresh",
            "post /api/users/register",
            "post /api/users/verify-email",
            "post /api/users/{id}/reinstate",
            "post /api/users/{id}/suspend",
            "put /api/sellers/me",
            "put /api/users/me/addresses/{id}",
            "put /api/users/me/notifications",
            "put /api/users/{id}/roles/{role}",
        ]
    );
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in [
        "User",
        "Login",
        "JwkSet",
        "RegisterRequest",
        "Address",
        "AddressRequest",
    ] {
        assert!(schemas.contains_key(name), "{name} of {:?}", schemas.keys());
    }
    assert_eq!(
        schemas["RegisterRequest"]["required"],
        Value::from(vec!["name", "email", "password"])
    );
}
