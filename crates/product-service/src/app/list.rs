//! Lists and searches the catalogue, and counts its facets.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::{CategoryId, Invalid, Limit, Page, ProductId};
use store::StoreResult;

use super::App;
use crate::domain::{
    AttributeKey, AttributeKind, Chosen, Counts, Facet, Facets, Filter, ListQuery, Narrowed, Place,
    Product, Rank, Sort, Tally, Tree,
};

/// A page of a list that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    pub(crate) after: Option<Place>,
    pub(crate) limit: Limit,
    /// The facets to count, if any.
    pub(crate) facets: Option<Facets>,
}

/// A page, and the facets of its whole list.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) page: Page<Product>,
    pub(crate) facets: Option<Counted>,
}

/// Counted facets.
#[derive(Debug)]
pub(crate) struct Counted {
    /// With the categories themselves, not counting those below them.
    pub(crate) counts: Counts,
    /// The categories with all below them: the most products first.
    pub(crate) categories: Option<Tally<CategoryId>>,
    /// In which the categories are.
    pub(crate) tree: Arc<Tree>,
}

/// What is wrong with the values asked for, by attribute.
pub(crate) type Unfit = Vec<(AttributeKey, Invalid)>;

/// The products that a text finds.
type Matches = Arc<HashMap<ProductId, Rank>>;

pub(crate) async fn list_products(
    app: &App,
    mut asked: Asked,
) -> StoreResult<Result<Listed, Unfit>> {
    asked.filter.closed = app.sellers.closed(&*app.queries).await?;
    let Asked { filter, facets, .. } = &asked;
    let needs_tree = !filter.categories.is_empty()
        || !filter.attributes.is_empty()
        || facets
            .as_ref()
            .is_some_and(|facets| facets.has(Facet::Category));
    let tree = if needs_tree {
        app.trees.recent(&app.store, &*app.queries).await?
    } else {
        Arc::default()
    };
    let faults = faults(&tree, filter);
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    let within = (!filter.categories.is_empty()).then(|| tree.asked(&filter.categories));
    let in_memory = is_in_memory(&asked, within.as_deref());
    let matches: Option<Matches> = match &filter.text {
        Some(text) if in_memory => {
            let found = app.queries.matches(text.clone()).await?;
            Some(Arc::new(found.into_iter().collect()))
        }
        Some(_) | None => None,
    };
    let counts = match facets.clone() {
        None => None,
        Some(facets) => {
            let (filter, within, matches) = (filter.clone(), within.clone(), matches.clone());
            let count = move |index: &crate::domain::Index| {
                let narrowed = Narrowed {
                    filter: &filter,
                    categories: within.as_deref(),
                    matches: matches.as_deref(),
                };
                index.count(narrowed, &facets)
            };
            Some(app.facets.read(&app.store, &*app.queries, count).await?)
        }
    };
    let closed = &asked.filter.closed;
    let is_of_nothing = within.as_ref().is_some_and(Vec::is_empty)
        || asked
            .filter
            .seller()
            .is_some_and(|seller| closed.has(seller));
    let page = if is_of_nothing {
        Page {
            items: Vec::new(),
            next_cursor: None,
        }
    } else if in_memory {
        from_memory(app, asked, within, matches).await?
    } else {
        let query = ListQuery {
            category: within.and_then(|within| within.first().copied()),
            filter: asked.filter,
            sort: asked.sort,
            after: asked.after,
            limit: asked.limit,
        };
        app.queries.list(query).await?
    };
    let facets = counts.map(|counts| Counted {
        categories: counts.category.as_ref().map(|own| with_below(&tree, own)),
        counts,
        tree,
    });
    Ok(Ok(Listed { page, facets }))
}

/// What is wrong with the attributes' values: those of numbers have to be numbers, and those that are true or false one of these. An
/// attribute that no category defines may be an option of variants.
fn faults(tree: &Tree, filter: &Filter) -> Unfit {
    let mut faults = Vec::new();
    for (key, chosen) in &filter.attributes {
        let mut defined = tree.definitions(key).peekable();
        if defined.peek().is_none() {
            continue;
        }
        let kinds: Vec<&AttributeKind> = defined.map(|attribute| &attribute.kind).collect();
        let takes = |chosen: &Chosen| kinds.iter().any(|kind| chosen.may_be(kind));
        if !chosen.iter().all(takes) {
            let expected = match kinds.first() {
                Some(AttributeKind::Number { .. }) => "must be a number or a range such as 10..20",
                Some(AttributeKind::Boolean) => "must be true or false",
                Some(AttributeKind::Text | AttributeKind::OneOf { .. }) | None => "must be a text",
            };
            faults.push((key.clone(), Invalid::new("invalid_type", expected)));
        }
    }
    faults
}

/// Whether no index of the store has this list, or what a search matches is read for its facets in any case.
fn is_in_memory(asked: &Asked, within: Option<&[CategoryId]>) -> bool {
    (asked.filter.text.is_some() && asked.facets.is_some())
        || asked.sort == Sort::BestSelling
        || !asked.filter.attributes.is_empty()
        || asked.filter.sellers.len() > 1
        || within.is_some_and(|within| within.len() > 1)
}

/// A page of a list that is made in memory. Its products are read from the store; one that has left the catalogue meanwhile is left out.
async fn from_memory(
    app: &App,
    asked: Asked,
    within: Option<Vec<CategoryId>>,
    matches: Option<Matches>,
) -> StoreResult<Page<Product>> {
    let Asked {
        filter,
        sort,
        after,
        limit,
        ..
    } = asked;
    let scope = ListQuery::scope(&filter, sort);
    let wanted = limit.get().saturating_add(1);
    let list = move |index: &crate::domain::Index| {
        let narrowed = Narrowed {
            filter: &filter,
            categories: within.as_deref(),
            matches: matches.as_deref(),
        };
        index.list(narrowed, sort, after, wanted)
    };
    let places = app.facets.read(&app.store, &*app.queries, list).await?;
    let page = Page::cut(places, limit, |last| scope.cursor(last));
    let ids: Vec<ProductId> = page.items.iter().map(|place| place.product).collect();
    let found = app.store.get_many::<Product>(&ids).await?;
    let found = found.into_iter().map(Arc::unwrap_or_clone);
    Ok(Page {
        items: found.filter(Product::is_listed).collect(),
        next_cursor: page.next_cursor,
    })
}

/// How many products are in which category or below it.
fn with_below(tree: &Tree, own: &Tally<CategoryId>) -> Tally<CategoryId> {
    let mut all: HashMap<CategoryId, u64> = HashMap::new();
    for (category, count) in own {
        for node in tree.path(*category) {
            let sum = all.entry(node.id).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
    let mut all: Tally<CategoryId> = all.into_iter().collect();
    all.sort_unstable_by(|(one, many), (other, more)| more.cmp(many).then(one.cmp(other)));
    all.truncate(Facets::MOST_VALUES);
    all
}
