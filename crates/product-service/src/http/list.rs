//! GET /api/products.

use actix_web::{HttpResponse, web};
use kernel::{Invalid, Limit, Money, UserId};
use platform_http::{Problem, Query, QueryParams, QueryReader, integer};

use super::product_json::ProductPage;
use super::reader::CatalogueReader;
use crate::app::{App, list_products};
use crate::domain::{Category, Filter, ListQuery, SearchText, Sort};

impl QueryReader for ListQuery {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let filter = filter(params);
        let text_given = filter.as_ref().is_some_and(|filter| filter.text.is_some());
        let sort = params.one_of("sort", Sort::ALL, Sort::as_str);
        let limit = params.limit();
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
            filter,
            sort,
            after: after?,
            limit: limit?,
        })
    }
}

fn filter(params: &mut QueryParams) -> Option<Filter> {
    let text = params.optional("q", SearchText::parse);
    let category = params.optional("category", Category::parse);
    let seller = params.optional("seller", str::parse::<UserId>);
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
        category: category?,
        seller: seller?,
        min_price: min_price?,
        max_price: max_price?,
        only_in_stock: in_stock?.unwrap_or(false),
    })
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
/// Products must match all filters. `q` finds products whose name or description contains all of its words; the last may be the beginning
/// of one. Case, accents and width of letters do not count. Each emoji is a word; other signs separate words. In scripts without spaces
/// between words, such as Chinese, Japanese and Thai, any sequence of characters is found. `relevance` sorts by which of the words the name
/// has: first names of just these words, then those with all of them, with some, with none; the newest first among equals.
///
/// A walk of all pages meets each product once, whatever is added, edited or removed meanwhile. A product whose price (with a sort by
/// price) or text (with `relevance`) is edited meanwhile may be met in both of its places, or in neither. Prices are compared in minor
/// units, regardless of the currency.
#[utoipa::path(get, path = "/api/products", tag = "products", operation_id = "listProducts", security(("bearer" = [])),
    params(
        ("q" = inline(Option<SearchText>), Query, description = "Words to find in name and description: at most 8 different ones. One of signs only finds nothing; a blank one is left out"),
        ("category" = Option<Category>, Query, description = "Only this category, without regard to case and white space"),
        ("seller" = Option<UserId>, Query, description = "Only this seller's products"),
        ("minPrice" = Option<i64>, Query, description = "Lowest price, in minor units; not above `maxPrice`", minimum = 0, maximum = 9_007_199_254_740_991i64),
        ("maxPrice" = Option<i64>, Query, description = "Highest price, in minor units", minimum = 0, maximum = 9_007_199_254_740_991i64),
        ("inStock" = Option<bool>, Query, description = "`true`: only products in stock. Default `false`"),
        ("sort" = inline(Option<Sort>), Query, description = "`newest` (default), `price`, `-price`, or `relevance` (default with `q`, and only with it)"),
        ("limit" = inline(Option<Limit>), Query, description = "Most products on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filters and sort"),
    ),
    responses(
        (status = 200, description = "A page", body = ProductPage),
    ))]
pub(crate) async fn list(
    app: web::Data<App>,
    _reader: CatalogueReader,
    query: Query<ListQuery>,
) -> Result<HttpResponse, Problem> {
    let page = list_products(&app, query.0).await?;
    Ok(HttpResponse::Ok().json(ProductPage::from(page)))
}
