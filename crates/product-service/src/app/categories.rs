//! What operators do with categories.

use std::sync::Arc;

use kernel::CategoryId;
use store::StoreResult;

use super::App;
use super::trees::{TRIES, advance, next, restless};
use crate::domain::{CategoryEdit, CategoryNode, CategoryRefusal, NewCategory, Tree, VersionGuard};

/// A category that was shown or changed, in the tree as it is then.
pub(crate) type InTree = (Arc<Tree>, CategoryId);

/// The tree, as it is remembered.
pub(crate) async fn categories(app: &App) -> StoreResult<Arc<Tree>> {
    app.trees.recent(&app.store, &*app.queries).await
}

pub(crate) async fn create_category(
    app: &App,
    new: NewCategory,
) -> StoreResult<Result<InTree, CategoryRefusal>> {
    let id = CategoryId::new(&*app.ids);
    change(app, id, |tree| tree.create(new.clone(), id).map(Some)).await
}

pub(crate) async fn edit_category(
    app: &App,
    id: CategoryId,
    guard: VersionGuard,
    edit: CategoryEdit,
) -> StoreResult<Result<InTree, CategoryRefusal>> {
    change(app, id, |tree| tree.edit(id, &guard, edit.clone())).await
}

/// Saves what `decide` makes of the category, if that is a change.
async fn change(
    app: &App,
    id: CategoryId,
    decide: impl Fn(&Tree) -> Result<Option<CategoryNode>, CategoryRefusal>,
) -> StoreResult<Result<InTree, CategoryRefusal>> {
    for _ in 0..TRIES {
        let tree = app.trees.stored(&app.store, &*app.queries).await?;
        let node = match decide(&tree) {
            Ok(Some(node)) => node,
            Ok(None) => return Ok(Ok((tree, id))),
            Err(refusal) => return Ok(Err(refusal)),
        };
        // Either this write or another one makes that version.
        let next = next(&tree);
        let saved = app
            .store
            .write(move |tx| {
                let is_made = advance(tx, &tree)?;
                if is_made {
                    tx.put(node.clone())?;
                }
                Ok(is_made)
            })
            .await?;
        app.trees.is_at(next);
        if saved {
            let tree = app.trees.stored(&app.store, &*app.queries).await?;
            return Ok(Ok((tree, id)));
        }
    }
    Err(restless())
}
