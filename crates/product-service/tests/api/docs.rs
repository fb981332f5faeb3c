//! What the OpenAPI document says about this service.

use serde_json::Value;

fn document() -> Value {
    let fragment = product_service::openapi(&product_service::Config::default());
    serde_json::to_value(fragment.operations).unwrap()
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
            "attributes",
            "barcode",
            "category",
            "categoryId",
            "createdAt",
            "delivery",
            "description",
            "id",
            "images",
            "metadata",
            "moderation",
            "name",
            "options",
            "price",
            "returns",
            "seller",
            "sellerId",
            "sku",
            "status",
            "stock",
            "updatedAt",
            "variants",
            "version"
        ]
    );
}
