//! Erased users: what is left of their requests.

use std::sync::Arc;

use kernel::UserId;
use store::idempotency::{Answered, Earlier, OnceKey, Repeatable, StoredAnswer};

use super::{NOW, Subject, draft, user};
use crate::app::{create_product_once, erase_users};
use crate::domain::Product;

/// Lists a product for `seller` with a key. Returns whether it was listed now.
async fn is_listed_now(subject: &Subject, seller: UserId, key: &str) -> bool {
    let mut new = draft("Lamp", 100, 9);
    new.seller = seller;
    let answer = StoredAnswer {
        status: 201,
        location: None,
        etag: None,
        body: b"Ada".to_vec(),
    };
    let repeatable = Repeatable {
        key: OnceKey {
            user: seller,
            route: "POST /api/products/create",
            key: key.to_owned(),
            fingerprint: [7; 32],
        },
        render: Arc::new({
            let answer = answer.clone();
            move |_: &Product| Ok(answer.clone())
        }),
    };
    let listed = create_product_once(&subject.at(NOW), new, repeatable).await;
    match listed.unwrap().unwrap() {
        Answered::First(_) => true,
        Answered::Before(earlier) => {
            assert_eq!(earlier, Earlier::Answered(answer));
            false
        }
    }
}

pub(crate) async fn no_answer_to_an_erased_user_is_kept_and_those_to_others_are(subject: Subject) {
    let (ada, bob) = (user(), user());
    let keys = [(ada, "1"), (ada, "2"), (bob, "1")];
    for (seller, key) in keys {
        assert!(is_listed_now(&subject, seller, key).await);
        assert!(!is_listed_now(&subject, seller, key).await);
    }
    for _ in 0..2 {
        assert_eq!(erase_users(&subject.app, vec![ada]).await, [Ok(())]);
    }
    for (seller, key) in keys {
        let is_forgotten = is_listed_now(&subject, seller, key).await;
        assert_eq!(is_forgotten, seller == ada);
    }
}
