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
            assert_eq!(operation["tags"], serde_json::json!(["users"]), "{name}");
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
            "delete /api/users/me/addresses/{id}",
            "get /.well-known/jwks.json",
            "get /api/users/me",
            "get /api/users/me/addresses",
            "get /api/users/me/addresses/{id}",
            "patch /api/users/me",
            "post /api/users/login",
            "post /api/users/logout",
            "post /api/users/me/addresses",
            "post /api/users/me/password",
            "post /api/users/refresh",
            "post /api/users/register",
            "put /api/users/me/addresses/{id}",
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
