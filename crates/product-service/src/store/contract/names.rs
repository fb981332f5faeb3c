//! What the use cases promise about names.

use kernel::UserId;

use super::{LATER, Subject, draft, order, user};
use crate::app::keep_names;
use crate::records::Name;

fn name(user: UserId, version: i64, name: &str) -> Name {
    Name {
        user,
        called: name.to_owned(),
        version,
    }
}

async fn keep(subject: &Subject, names: Vec<Name>) {
    for kept in keep_names(&subject.at(LATER), names).await.unwrap() {
        kept.unwrap();
    }
}

async fn called(subject: &Subject, user: UserId) -> Option<String> {
    let found = subject.app.store.get::<Name>(&user).await.unwrap();
    found.map(|name| name.called.clone())
}

pub(crate) async fn a_seller_is_called_as_the_latest_version_says(subject: Subject) {
    let (ada, eve) = (user(), user());
    assert_eq!(called(&subject, ada).await, None);
    let batch = vec![
        name(ada, 2, "Ada King"),
        name(eve, 1, "Eve"),
        name(ada, 1, "Ada"),
        name(ada, 2, "Ada King"),
    ];
    keep(&subject, batch).await;
    assert_eq!(called(&subject, ada).await.as_deref(), Some("Ada King"));
    keep(&subject, vec![name(ada, 1, "Ada"), name(eve, 3, "Evelyn")]).await;
    assert_eq!(called(&subject, ada).await.as_deref(), Some("Ada King"));
    keep(&subject, vec![name(eve, 2, "Eva")]).await;
    assert_eq!(called(&subject, eve).await.as_deref(), Some("Evelyn"));
}

pub(crate) async fn a_reservation_names_its_sellers_as_they_are_called_now(subject: Subject) {
    let a = subject.list(draft("A", 100, 9)).await;
    let b = subject.list(draft("B", 100, 9)).await;
    let reserve = async |id| -> Vec<Option<String>> {
        let lines = [(a.id, 1), (b.id, 1), (a.id, 1)];
        let held = subject.reserve(id, &lines).await.unwrap();
        held.into_iter().map(|line| line.seller_name).collect()
    };
    let names = |names: [Option<&str>; 3]| names.map(|name| name.map(str::to_owned));
    let id = order();
    assert_eq!(reserve(id).await, names([None, None, None]));
    keep(&subject, vec![name(a.seller, 1, "Ada")]).await;
    let known = names([Some("Ada"), None, Some("Ada")]);
    assert_eq!(reserve(order()).await, known);
    assert_eq!(reserve(order()).await, known, "remembered");
    keep(
        &subject,
        vec![name(a.seller, 2, "Ada King"), name(b.seller, 1, "Bob")],
    )
    .await;
    let changed = names([Some("Ada King"), Some("Bob"), Some("Ada King")]);
    assert_eq!(reserve(order()).await, changed);
    assert_eq!(reserve(id).await, changed, "the same order again, too");
}
