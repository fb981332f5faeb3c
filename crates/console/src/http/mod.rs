//! The pages and their paths. A page is a handler here, a template, and texts in the message files.

mod assets;
mod cases;
mod charts;
mod operate;
mod orders;
mod sell;
mod setup;
mod shop;

use actix_web::web::{self, ServiceConfig};
use platform_http::Paths;

use crate::visit::{nowhere, page};

/// Declares the paths of all pages, and what answers a path that is not declared.
pub(crate) fn declare(config: &mut ServiceConfig) {
    shop_paths(Paths::default())
        .get("/setup", page(setup::show))
        .post("/setup", page(setup::set_up))
        .get("/assets/{name}", assets::asset)
        .declare(config);
    sell_paths(Paths::default().owns("/sell")).declare(config);
    operate_paths(Paths::default().owns("/operate")).declare(config);
    config.default_service(web::route().to(nowhere));
}

fn shop_paths(paths: Paths) -> Paths {
    use shop::{
        addresses, browse, cart, cases, checkout, home, language, login, order, product, wallet,
    };
    account_paths(paths)
        .get("/", page(home::home))
        .get("/browse", page(browse::browse))
        .get("/products/{id}", page(product::show))
        .get("/sellers/{id}", page(shop::seller::show))
        .post("/language", page(language::choose))
        .get("/login", page(login::show))
        .post("/login", page(login::log_in))
        .get("/login/code", page(login::show_code))
        .post("/login/code", page(login::give_code))
        .get("/register", page(login::show_register))
        .post("/register", page(login::register))
        .post("/logout", page(login::log_out))
        .get("/cart", page(cart::show))
        .post("/cart", page(cart::change))
        .post("/cart/add", page(cart::add))
        .get("/checkout", page(checkout::show))
        .post("/checkout", page(checkout::order))
        .get("/orders", page(order::list))
        .get("/orders/{id}", page(order::show))
        .post("/orders/{id}/cancel", page(order::cancel))
        .post(
            "/orders/{id}/parts/{part}/packages/{package}/arrived",
            page(order::arrived),
        )
        .get("/orders/{id}/parts/{part}/return", page(cases::show_return))
        .post(
            "/orders/{id}/parts/{part}/return",
            page(cases::request_return),
        )
        .get(
            "/orders/{id}/parts/{part}/dispute",
            page(cases::show_dispute),
        )
        .post(
            "/orders/{id}/parts/{part}/dispute",
            page(cases::open_dispute),
        )
        .post(
            "/orders/{id}/returns/{case}/withdraw",
            page(order::withdraw_return),
        )
        .post(
            "/orders/{id}/disputes/{case}/withdraw",
            page(order::withdraw_dispute),
        )
        .post(
            "/orders/{id}/returns/{case}/comments",
            page(order::comment_return),
        )
        .post(
            "/orders/{id}/disputes/{case}/comments",
            page(order::comment_dispute),
        )
        .get("/returns", page(cases::returns))
        .get("/disputes", page(cases::disputes))
        .get("/wallet", page(wallet::show))
        .post("/wallet", page(wallet::top_up))
        .get("/account/addresses/new", page(addresses::show_new))
        .post("/account/addresses/new", page(addresses::add))
        .get("/account/addresses/{id}", page(addresses::show))
        .post("/account/addresses/{id}", page(addresses::change))
        .post("/account/addresses/{id}/remove", page(addresses::remove))
}

fn account_paths(paths: Paths) -> Paths {
    use shop::{access, account, data, mails, second_factor, sessions};
    paths
        .get("/forgot", page(access::show_forgot))
        .post("/forgot", page(access::forgot))
        .get("/reset", page(access::show_reset))
        .post("/reset", page(access::reset))
        .get("/verify", page(access::show_verify))
        .post("/verify", page(access::verify))
        .get("/account", page(account::show))
        .post("/account/profile", page(account::rename))
        .post("/account/password", page(account::change_password))
        .post("/account/email", page(account::change_email))
        .get("/account/second-factor", page(second_factor::show))
        .post("/account/second-factor", page(second_factor::set_up))
        .post(
            "/account/second-factor/confirm",
            page(second_factor::confirm),
        )
        .post("/account/second-factor/off", page(second_factor::turn_off))
        .get("/account/logins", page(sessions::show))
        .post("/account/logins/end-others", page(sessions::end_others))
        .post("/account/logins/{id}/end", page(sessions::end))
        .get("/account/mails", page(mails::show))
        .post("/account/mails", page(mails::change))
        .get("/account/data", page(data::show))
        .get("/account/data/export", page(data::export))
        .post("/account/data/erase", page(data::erase))
}

fn sell_paths(paths: Paths) -> Paths {
    use sell::{images, money, order, product, returns, stock, todo, variants};
    paths
        .get("/sell", page(todo::show))
        .get("/sell/products", page(product::list))
        .get("/sell/products/new", page(product::show_new))
        .post("/sell/products/new", page(product::add))
        .get("/sell/products/{id}", page(product::show))
        .post("/sell/products/{id}", page(product::change))
        .post("/sell/products/{id}/publish", page(product::publish))
        .post("/sell/products/{id}/unpublish", page(product::unpublish))
        .post("/sell/products/{id}/remove", page(product::remove))
        .get("/sell/products/{id}/variants", page(variants::show))
        .post("/sell/products/{id}/variants", page(variants::add))
        .post(
            "/sell/products/{id}/variants/{variant}",
            page(variants::change),
        )
        .post(
            "/sell/products/{id}/variants/{variant}/remove",
            page(variants::remove),
        )
        .get("/sell/products/{id}/images", page(images::show))
        .post("/sell/products/{id}/images", page(images::add))
        .post("/sell/products/{id}/images/arrange", page(images::arrange))
        .post(
            "/sell/products/{id}/images/{image}/remove",
            page(images::remove),
        )
        .get("/sell/products/{id}/stock", page(stock::show))
        .post("/sell/products/{id}/stock", page(stock::adjust))
        .get("/sell/returns", page(returns::returns))
        .get("/sell/disputes", page(returns::disputes))
        .get("/sell/orders/{id}/returns/{case}", page(returns::show))
        .post(
            "/sell/orders/{id}/returns/{case}/approve",
            page(returns::approve),
        )
        .post("/sell/orders/{id}/returns/{case}/deny", page(returns::deny))
        .post(
            "/sell/orders/{id}/returns/{case}/receive",
            page(returns::receive),
        )
        .post(
            "/sell/orders/{id}/returns/{case}/comments",
            page(returns::say),
        )
        .post(
            "/sell/orders/{id}/disputes/{case}/comments",
            page(order::comment_dispute),
        )
        .get("/sell/orders", page(order::list))
        .get("/sell/orders/{id}", page(order::show))
        .get("/sell/orders/{id}/slip", page(order::slip))
        .post("/sell/orders/{id}/ship", page(order::ship))
        .post("/sell/orders/{id}/cancel", page(order::cancel))
        .post("/sell/orders/{id}/refund", page(order::refund))
        .post(
            "/sell/orders/{id}/packages/{package}/arrived",
            page(order::arrived),
        )
        .get("/sell/profile", page(sell::profile::show))
        .post("/sell/profile", page(sell::profile::change))
        .get("/sell/money", page(money::show))
}

fn operate_paths(paths: Paths) -> Paths {
    use operate::{audit, dashboard, disputes, letters, listings, log, orders, sellers, users};
    let paths = paths
        .get("/operate", page(dashboard::show))
        .get("/operate/review", page(orders::review))
        .get("/operate/orders", page(orders::list))
        .get("/operate/orders/{id}", page(orders::show))
        .post("/operate/orders/{id}/retry", page(orders::retry))
        .post("/operate/orders/{id}/compensate", page(orders::compensate))
        .get("/operate/orders/{id}/disputes/{case}", page(disputes::show))
        .post(
            "/operate/orders/{id}/disputes/{case}",
            page(disputes::resolve),
        )
        .post(
            "/operate/orders/{id}/disputes/{case}/comments",
            page(disputes::say),
        )
        .post(
            "/operate/orders/{id}/returns/{case}/comments",
            page(orders::comment_return),
        )
        .get("/operate/returns", page(orders::returns))
        .get("/operate/disputes", page(disputes::list))
        .get("/operate/users", page(users::list))
        .get("/operate/users/{id}", page(users::show))
        .post("/operate/users/{id}/suspend", page(users::suspend))
        .post("/operate/users/{id}/reinstate", page(users::reinstate))
        .post("/operate/users/{id}/roles/{role}/grant", page(users::grant))
        .post(
            "/operate/users/{id}/roles/{role}/revoke",
            page(users::revoke),
        )
        .get("/operate/log", page(log::show))
        .get("/operate/sellers", page(sellers::list))
        .post("/operate/sellers/{id}/approve", page(sellers::approve))
        .post("/operate/sellers/{id}/suspend", page(sellers::suspend))
        .post("/operate/sellers/{id}/reinstate", page(sellers::reinstate))
        .get("/operate/listings", page(listings::list))
        .get("/operate/listings/taken-down", page(listings::taken_down))
        .get("/operate/listings/{id}", page(listings::show))
        .post("/operate/listings/{id}/takedown", page(listings::take_down))
        .post("/operate/listings/{id}/reinstate", page(listings::put_back))
        .get("/operate/messages", page(letters::show))
        .post("/operate/messages/{service}/replay", page(letters::replay))
        .get("/operate/audit", page(audit::show))
        .post("/operate/audit", page(audit::run));
    category_paths(paths)
}

fn category_paths(paths: Paths) -> Paths {
    use operate::categories;
    paths
        .get("/operate/categories", page(categories::list))
        .get("/operate/categories/new", page(categories::show_new))
        .post("/operate/categories/new", page(categories::add))
        .get("/operate/categories/{id}", page(categories::show))
        .post("/operate/categories/{id}", page(categories::change))
        .post("/operate/categories/{id}/move", page(categories::shift))
        .post("/operate/categories/{id}/retire", page(categories::retire))
        .post(
            "/operate/categories/{id}/reinstate",
            page(categories::reinstate),
        )
}
