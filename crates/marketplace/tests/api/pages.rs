//! Pages of other origins can use all of the API.

use std::collections::BTreeSet;

use host::settings::ServerConfig;
use host::testing::Answer;
use marketplace::Services;

use crate::operation::operations;
use crate::world::World;

const SHOP: &str = "https://shop.example";

/// The members of a list in a header, in lower case.
fn members(answer: &Answer, header: &str) -> BTreeSet<String> {
    let list = answer.header(header).split(',');
    list.map(|member| member.trim().to_lowercase()).collect()
}

#[tokio::test]
async fn every_method_and_header_that_the_document_names_is_one_that_pages_may_use() {
    let server = ServerConfig {
        cors_origins: vec![SHOP.to_owned().try_into().unwrap()],
        ..ServerConfig::default()
    };
    let world = World::on(Services::default(), &server);
    let preflight = world.request("OPTIONS", "/api/products", "");
    let preflight = preflight.header("origin", SHOP);
    let preflight = Answer::of(preflight.header("access-control-request-method", "PUT")).await;
    assert_eq!(preflight.status, 204, "{preflight:?}");
    let methods = members(&preflight, "access-control-allow-methods");
    let mut sent = members(&preflight, "access-control-allow-headers");
    // Any page may send it.
    sent.insert("accept-language".to_owned());
    let answer = Answer::of(world.request("GET", "/healthz", "").header("origin", SHOP)).await;
    let mut read = members(&answer, "access-control-expose-headers");
    // Any page may read it.
    read.insert("cache-control".to_owned());
    let mut headers = 0;
    for operation in operations() {
        let name = operation.name();
        assert!(methods.contains(&operation.method.to_lowercase()), "{name}");
        let parameters = operation.detail["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            if parameter["in"] == "header" {
                let header = parameter["name"].as_str().unwrap();
                assert!(sent.contains(&header.to_lowercase()), "{name}: {header}");
                headers += 1;
            }
        }
        for (status, answer) in operation.answers() {
            let named = answer["headers"].as_object();
            for header in named.into_iter().flat_map(|headers| headers.keys()) {
                let known = read.contains(&header.to_lowercase());
                assert!(known, "{name} {status}: {header}");
                headers += 1;
            }
        }
    }
    assert!(headers > 10, "only {headers}");
}
