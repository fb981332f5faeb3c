//! What users are called.

use kernel::UserId;
use store::StoreError;

use super::Subject;
use crate::app::note_names;
use crate::records::UserName;

fn named(id: UserId, name: &str, version: i64) -> UserName {
    UserName {
        id,
        name: name.to_owned(),
        version,
    }
}

async fn stored(s: &Subject, user: UserId) -> Option<UserName> {
    let found = s.app.store.get::<UserName>(&user).await.unwrap();
    found.map(|found| UserName::clone(&found))
}

pub(super) async fn the_latest_version_of_a_name_wins_whatever_the_order_of_messages(s: Subject) {
    let (ada, eve) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    assert_eq!(stored(&s, ada).await, None);
    let batch = vec![
        named(ada, "Ada", 1),
        named(ada, "Ada L.", 3),
        named(ada, "A.", 2),
    ];
    for result in note_names(&s.app, batch).await.unwrap() {
        assert_eq!(result, Ok(()));
    }
    assert_eq!(stored(&s, ada).await, Some(named(ada, "Ada L.", 3)));
    for (version, name) in [(2, "A."), (3, "again"), (1, "Ada")] {
        note_names(&s.app, vec![named(ada, name, version)])
            .await
            .unwrap();
    }
    assert_eq!(stored(&s, ada).await, Some(named(ada, "Ada L.", 3)));
    note_names(
        &s.app,
        vec![named(ada, "Lovelace", 4), named(eve, "Eve", 1)],
    )
    .await
    .unwrap();
    assert_eq!(stored(&s, ada).await, Some(named(ada, "Lovelace", 4)));
    assert_eq!(stored(&s, eve).await, Some(named(eve, "Eve", 1)));
}

pub(super) async fn one_name_that_fails_takes_no_other_along(s: Subject) {
    let (ada, eve) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    // Versions begin at 1, and the store holds them to it.
    let batch = vec![named(ada, "Ada", 0), named(eve, "Eve", 1)];
    let results = note_names(&s.app, batch).await.unwrap();
    assert!(
        matches!(results.as_slice(), [Err(StoreError::Corrupt(_)), Ok(())]),
        "{results:?}"
    );
    assert_eq!(stored(&s, ada).await, None);
    assert_eq!(stored(&s, eve).await, Some(named(eve, "Eve", 1)));
}
