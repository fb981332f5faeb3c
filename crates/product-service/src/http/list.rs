//! GET /api/products.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use kernel::{Invalid, Limit, Money, UserId};
use platform_http::{FieldError, Problem, Query, QueryParams, QueryReader, Shared, integer};
use store::{StoreError, StoreResult};

use super::category_json::languages;
use super::facets_json::ListedPage;
use super::product_json::ProductPage;
use super::reader::CatalogueLister;
use crate::app::{App, Asked, Unfit, list_products};
use crate::domain::{
    AttributeKey, Category, Chosen, Facets, Filter, Language, ListQuery, SearchText, Sort, Viewer,
};

/// The query of a list.
pub(crate) struct ListProducts {
    asked: Asked,
    lang: Option<Language>,
}

impl QueryReader for ListProducts {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let filter = filter(params);
        let text_given = filter.as_ref().is_some_and(|filter| filter.text.is_some());
        let sort = params.one_of("sort", Sort::ALL, Sort::as_str);
        let limit = params.limit();
        let facets = params.optional("facets", Facets::parse);
        let lang = params.optional("lang", str::parse);
        // A cursor belongs to a filter and an order; while those are not known, it cannot be judged.
        let (Some(filter), Some(sort)) = (filter, sort) else {
            params.optional("cursor", |_| Ok(()))?;
            return None;
        };
        let default = if text_given {
            Sort::Relevance
        } else {
            Sort::Newest
        };
        let sort = sort.unwrap_or(default);
        if sort == Sort::Relevance && !text_given {
            params.refuse(
                "sort",
                Invalid::new("requires_q", "relevance needs a search in q"),
            );
        }
        let after = params.cursor(ListQuery::scope(&filter, sort));
        Some(Self {
            asked: Asked {
                filter,
                sort,
                after: after?,
                limit: limit?,
                facets: facets?,
            },
            lang: lang?,
        })
    }
}

fn filter(params: &mut QueryParams) -> Option<Filter> {
    let text = params.optional("q", SearchText::parse);
    let categories = params.values("category", Filter::MOST, Category::parse);
    let sellers = params.values("seller", Filter::MOST, str::parse::<UserId>);
    let attributes = attributes(params);
    let min_price = params.optional("minPrice", parse_price);
    let max_price = params.optional("maxPrice", parse_price);
    let in_stock = params.optional("inStock", parse_bool);
    if let (Some(Some(min)), Some(Some(max))) = (min_price, max_price)
        && min > max
    {
        params.refuse(
            "minPrice",
            Invalid::new("out_of_range", "must not be above maxPrice"),
        );
    }
    Some(Filter {
        text: text?.flatten(),
        categories: categories?,
        sellers: sellers?.into_iter().collect(),
        attributes: attributes?,
        min_price: min_price?,
        max_price: max_price?,
        only_in_stock: in_stock?.unwrap_or(false),
        closed: Arc::default(),
    })
}

/// The beginning of the parameters of attributes.
const ATTRIBUTE: &str = "attr.";

fn attributes(params: &mut QueryParams) -> Option<BTreeMap<AttributeKey, BTreeSet<Chosen>>> {
    let names = params.names(ATTRIBUTE);
    if names.len() > Filter::MOST {
        let detail = format!("a list is narrowed by at most {} attributes", Filter::MOST);
        params.refuse(ATTRIBUTE, Invalid::new("too_many", detail));
    }
    let mut all = Some(BTreeMap::new());
    for name in names {
        let chosen = params.values(&name, Chosen::MOST, Chosen::parse);
        let key = AttributeKey::parse(name.strip_prefix(ATTRIBUTE).unwrap_or(&name));
        if let Err(invalid) = &key {
            params.refuse(&name, invalid.clone());
        }
        match (&mut all, key, chosen) {
            (Some(all), Ok(key), Some(chosen)) => {
                all.insert(key, chosen.into_iter().collect());
            }
            _ => all = None,
        }
    }
    all
}

fn parse_price(raw: &str) -> Result<i64, Invalid> {
    let amount = integer(raw)?;
    if (0..=Money::MAX_AMOUNT).contains(&amount) {
        return Ok(amount);
    }
    let max = Money::MAX_AMOUNT;
    let detail = format!("must be an integer of minor units between 0 and {max}");
    Err(Invalid::new("out_of_range", detail))
}

fn parse_bool(raw: &str) -> Result<bool, Invalid> {
    raw.parse()
        .map_err(|_| Invalid::new("invalid_type", "must be true or false"))
}

/// List and search products
///
/// Products of sellers who may not sell, such as suspended ones, are not listed. Products must match all filters. `q` finds products whose
/// name or description contains all of its words; the last may be the beginning of one. Case, accents and width of letters do not count. Each emoji is a word; other signs separate words. In scripts without spaces
/// between words, such as Chinese, Japanese and Thai, any sequence of characters is found. `relevance` sorts by which of the words the name
/// has: first names of just these words, then those with all of them, with some, with none; the newest first among equals.
///
/// `category`, `seller` and `attr.{key}` may be given several times each, up to 20: a product must match one value of each. A category
/// includes all below it. `attr.{key}` narrows the list to products with a variant that has such a value of each attribute named, and that
/// is in stock with `inStock`: `attr.colour=red&attr.colour=blue&attr.power=5..10`. A range of numbers includes both ends, and one may be
/// left out. Options of variants are attributes, too: the option `Shoe size` is `attr.shoe_size`. Prices are those of default variants.
///
/// `facets` adds counts for the whole list, not only this page: of products by value, at most the 100 most frequent. The choice in a facet
/// does not narrow its own counts. The counts of a category include those below it. A product is counted once.
///
/// What another replica changed shows in facets, and in lists by attributes, several values, categories with others below them, or
/// `best_selling`, within a second.
///
/// Paging through the whole list returns each product once, even while products are added, edited or removed. The exception is a product
/// whose sort key changes meanwhile (its price, its text with `relevance`, or its sales with `best_selling`): it may appear twice or not
/// at all. Prices are compared in minor units, regardless of the currency.
#[utoipa::path(get, path = "/api/products", tag = "products", operation_id = "listProducts", security(("bearer" = [])),
    params(
        ("q" = inline(Option<SearchText>), Query, description = "Words to find in name and description: at most 8 different ones. One of signs only finds nothing; a blank one is left out"),
        ("category" = Option<Vec<Category>>, Query, description = "Only these categories and all below them: by id, by slug, or by name without regard to case and white space", max_items = 20),
        ("seller" = Option<Vec<UserId>>, Query, description = "Only these sellers' products", max_items = 20),
        ("minPrice" = Option<i64>, Query, description = "Lowest price, in minor units; not above `maxPrice`", minimum = 0, maximum = 9_007_199_254_740_991i64),
        ("maxPrice" = Option<i64>, Query, description = "Highest price, in minor units", minimum = 0, maximum = 9_007_199_254_740_991i64),
        ("inStock" = Option<bool>, Query, description = "`true`: only products in stock. Default `false`"),
        ("sort" = inline(Option<Sort>), Query, description = "`newest` (default), `price`, `-price`, `relevance` (default with `q`, and only with it), or `best_selling`"),
        ("facets" = Option<String>, Query, description = "What to count by: `category`, `price`, `seller`, `attr.{key}`, and `attr.*` for up to 50 attributes, with commas between them",
            pattern = r"^(category|price|seller|attr\.(\*|[a-z][a-z0-9_]{0,31}))(,(category|price|seller|attr\.(\*|[a-z][a-z0-9_]{0,31}))){0,20}$", example = "category,price,attr.*"),
        ("lang" = Option<String>, Query, description = "The language of the names of categories in facets, such as `de`", pattern = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", example = "de"),
        ("limit" = inline(Option<Limit>), Query, description = "Most products on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filters and sort"),
    ),
    responses(
        (status = 200, description = "A page", body = ListedPage),
    ))]
pub(crate) async fn list(
    app: web::Data<App>,
    pages: web::Data<Pages>,
    reader: CatalogueLister,
    request: HttpRequest,
    query: Query<ListProducts>,
) -> Result<HttpResponse, Problem> {
    let Query(ListProducts { asked, lang }) = query;
    let languages = languages(&request, lang);
    let same = Same {
        query: request.query_string().to_owned(),
        languages: languages.clone(),
        is_operator: matches!(reader.0, Viewer::Operator),
    };
    let page = async || page(&app, asked, reader.0, &languages).await;
    let page = pages.get(same, page).await?.map_err(|faults| {
        let faults = faults.into_iter();
        let errors = faults.map(|(key, invalid)| FieldError::new(format!("?attr.{key}"), invalid));
        Problem::validation(errors.collect())
    })?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(page))
}

/// Pages that are being made, for all who ask for the same one meanwhile.
pub(super) type Pages = Shared<Same, StoreResult<Result<Bytes, Unfit>>>;

/// What makes two requests the same: of those who read a list, only operators may see more of a product than others.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Same {
    query: String,
    languages: Vec<Language>,
    is_operator: bool,
}

/// The page as JSON.
async fn page(
    app: &App,
    asked: Asked,
    viewer: Viewer,
    languages: &[Language],
) -> StoreResult<Result<Bytes, Unfit>> {
    let listed = match list_products(app, asked).await? {
        Ok(listed) => listed,
        Err(faults) => return Ok(Err(faults)),
    };
    let viewer = match viewer {
        Viewer::Operator => Viewer::Operator,
        Viewer::User(_) | Viewer::Anyone => Viewer::Anyone,
    };
    let sellers = listed.page.items.iter().map(|product| product.seller);
    let counted = listed.facets.iter();
    let counted = counted.flat_map(|facets| facets.counts.seller.iter().flatten());
    let sellers = sellers.chain(counted.map(|(seller, _)| *seller));
    let cards = app.sellers.cards(&app.store, sellers).await?;
    let page = ProductPage::of(app, listed.page, viewer, &cards).await?;
    let listed = ListedPage::of(page, listed.facets, &cards, languages);
    let json = serde_json::to_vec(&listed)
        .map_err(|error| StoreError::Corrupt(format!("a page cannot be written: {error}")))?;
    Ok(Ok(json.into()))
}
