//! The pages have words for whatever the API refuses.

use platform_http::{ProblemType, common};

#[test]
fn every_refusal_of_the_api_has_a_sentence_in_every_language() {
    let kinds: [&[&ProblemType]; 5] = [
        common::ALL,
        user_service::PROBLEMS,
        product_service::PROBLEMS,
        order_service::PROBLEMS,
        wallet_service::PROBLEMS,
    ];
    for messages in [
        include_str!("../../../console/messages/en.toml"),
        include_str!("../../../console/messages/de.toml"),
    ] {
        let messages: toml::Table = messages.parse().unwrap();
        let sentences = messages["problem"].as_table().unwrap();
        let missing: Vec<_> = kinds
            .concat()
            .into_iter()
            .map(|kind| kind.code)
            .filter(|code| !sentences.contains_key(*code))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
