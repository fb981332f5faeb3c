//! What a change writes: an order rewrites a product's few bytes of stock and never its long text or its words. (Stock, words and
//! reservations have no rowid, so the hook does not see them.)

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use store::StoreError;
use store_sqlite::Sqlite;

use super::open;
use crate::domain::{PriceEdit, ProductEdit, ProductName};
use crate::store::contract::{draft, order};

/// Collects the names of the tables with a rowid whose rows are written from now on.
async fn watch(store: &Sqlite) -> Arc<Mutex<BTreeSet<String>>> {
    let tables = Arc::new(Mutex::new(BTreeSet::new()));
    let written = tables.clone();
    store
        .write(move |tx| {
            tx.update_hook(Some(move |_: _, _: &str, table: &str, _: i64| {
                // The full-text index is kept in tables of its own.
                let is_index = table.starts_with("products_fts_");
                let table = if is_index { "products_fts" } else { table };
                written.lock().unwrap().insert(table.to_owned());
            }))?;
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    tables
}

fn taken(tables: &Mutex<BTreeSet<String>>) -> Vec<String> {
    std::mem::take(&mut *tables.lock().unwrap())
        .into_iter()
        .collect()
}

#[tokio::test]
async fn a_change_writes_only_the_tables_that_it_is_about() {
    let (subject, store) = open();
    let product = subject.list(draft("Lamp", 100, 5)).await;
    let (kept, given_back) = (order(), order());
    let tables = watch(&store).await;
    for id in [kept, given_back] {
        subject.reserve(id, &[(product.id, 1)]).await.unwrap();
    }
    assert_eq!(taken(&tables), [""; 0]);
    subject.release(given_back).await;
    assert_eq!(taken(&tables), [""; 0]);
    subject.confirm(kept).await;
    assert_eq!(taken(&tables), ["outbox"]);
    let price = ProductEdit {
        price: Some(PriceEdit {
            amount: 5,
            currency: None,
        }),
        ..ProductEdit::default()
    };
    subject.edit(&product, price).await;
    assert_eq!(taken(&tables), ["products"]);
    let name = ProductEdit {
        name: ProductName::parse("Lantern").ok(),
        ..ProductEdit::default()
    };
    subject.edit(&product, name).await;
    assert_eq!(taken(&tables), ["products", "products_fts"]);
}
