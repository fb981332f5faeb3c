//! What the OpenAPI document says about this service.

use serde_json::Value;

fn document() -> Value {
    let mut document = product_service::openapi();
    platform_http::complete(&mut document);
    serde_json::to_value(document).unwrap()
}

#[test]
fn every_operation_has_its_words_its_refusals_and_its_security() {
    let document = document();
    for (path, method, statuses) in [
        (
            "/api/products",
            "get",
            vec!["200", "401", "406", "422", "503"],
        ),
        (
            "/api/products/{id}",
            "get",
            vec!["200", "304", "401", "404", "406", "503"],
        ),
        (
            "/api/products/create",
            "post",
            vec![
                "201", "400", "401", "406", "408", "412", "413", "415", "422", "503",
            ],
        ),
        (
            "/api/products/update",
            "put",
            vec![
                "200", "400", "401", "403", "404", "406", "408", "412", "413", "415", "422", "503",
            ],
        ),
        (
            "/api/products/remove",
            "patch",
            vec![
                "200", "400", "401", "403", "404", "406", "408", "412", "413", "415", "422", "503",
            ],
        ),
    ] {
        let operation = &document["paths"][path][method];
        assert!(
            operation["summary"].is_string() && operation["description"].is_string(),
            "{path}"
        );
        let found: Vec<&str> = operation["responses"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(found, statuses, "{path}");
        assert!(operation["security"].is_array(), "{path}");
        if method != "get" {
            assert!(
                operation["requestBody"]["content"]["application/json"]["example"].is_object(),
                "{path}"
            );
        }
    }
    assert_eq!(document["paths"].as_object().unwrap().len(), 5);
}

#[test]
fn the_product_of_the_document_has_the_members_of_the_product_that_is_sent() {
    let schema = document()["components"]["schemas"]["Product"]["properties"].clone();
    let mut members: Vec<&str> = schema
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    members.sort_unstable();
    assert_eq!(
        members,
        [
            "category",
            "createdAt",
            "description",
            "id",
            "name",
            "price",
            "sellerId",
            "status",
            "stock",
            "updatedAt",
            "version"
        ]
    );
}
