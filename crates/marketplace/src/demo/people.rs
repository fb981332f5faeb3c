//! The demo's sellers and buyers.

use anyhow::Context as _;
use auth::Role;
use kernel::{AddressLine, City, PostalAddress, PostalCode, Recipient, UserId};
use user_service::Email;

use super::examples::DemoIds;
use crate::composition::Marketplace;

/// Everybody's password. It is printed at startup and passes every password rule.
const PASSWORD: &str = "demo-password";

const SELLERS: [(&str, &str); 6] = [
    ("Ada Lindqvist", "ada@demo.example"),
    ("Bruno Castellani", "bruno@demo.example"),
    ("Chiamaka Obi", "chiamaka@demo.example"),
    ("Daiki Mori", "daiki@demo.example"),
    ("Elif Kaya", "elif@demo.example"),
    ("Frida Holm", "frida@demo.example"),
];

const BUYERS: [(&str, &str); 5] = [
    ("Gita Rao", "gita@demo.example"),
    ("Hugo Martin", "hugo@demo.example"),
    ("Ines Duarte", "ines@demo.example"),
    ("Jonas Weber", "jonas@demo.example"),
    ("Kofi Mensah", "kofi@demo.example"),
];

const OPERATOR: (&str, &str) = ("Olga Petrova", "operator@demo.example");

/// The demo's people.
pub(super) struct People {
    pub(super) sellers: Vec<UserId>,
    pub(super) buyers: Vec<UserId>,
    pub(super) operator: UserId,
}

/// Where they live, one after the other: street, city, postal code, country.
const HOMES: [(&str, &str, &str, &str); 5] = [
    ("12 St James's Square", "London", "SW1Y 4JH", "GB"),
    ("8 rue des Rosiers", "Paris", "75004", "FR"),
    ("Rua Augusta 24", "Lisboa", "1100-053", "PT"),
    ("Hauptstraße 3", "Heidelberg", "69117", "DE"),
    ("14 Ring Road East", "Accra", "GA-110-1234", "GH"),
];

/// Where a package for the person `number` is sent.
pub(super) fn address(number: usize) -> anyhow::Result<PostalAddress> {
    let people = BUYERS.iter().chain([&SELLERS[0]]).cycle();
    let (name, _) = people.clone().nth(number).context("a person")?;
    let home = HOMES.iter().cycle().nth(number).context("a home")?;
    let (street, city, postal_code, country) = home;
    Ok(PostalAddress {
        name: Recipient::parse(name)?,
        line1: AddressLine::parse(street)?,
        line2: None,
        city: City::parse(city)?,
        region: None,
        postal_code: PostalCode::parse(postal_code)?,
        country: country.parse()?,
        phone: None,
    })
}

/// Whether the directory was filled completely before: the operator is made one last.
pub(super) async fn are_complete(marketplace: &Marketplace) -> anyhow::Result<bool> {
    let (_, email) = OPERATOR;
    let user = marketplace.users.find(&Email::parse(email)?).await?;
    Ok(user.is_some_and(|user| user.roles.contains(&Role::Admin)))
}

/// Whether a person of the demo is registered.
pub(super) async fn have_begun(marketplace: &Marketplace) -> anyhow::Result<bool> {
    let [(_, email), ..] = SELLERS;
    let user = marketplace.users.find(&Email::parse(email)?).await?;
    Ok(user.is_some())
}

/// Makes the operator one, which marks the directory as filled.
pub(super) async fn complete(marketplace: &Marketplace) -> anyhow::Result<()> {
    let (_, email) = OPERATOR;
    marketplace
        .users
        .grant(&Email::parse(email)?, Role::Admin)
        .await?;
    Ok(())
}

/// Registers the sellers, the buyers and the future operator: first the seller of the API document's examples, then the others,
/// concurrently because password hashing is slow.
pub(super) async fn register(marketplace: &Marketplace, ids: &DemoIds) -> anyhow::Result<People> {
    let [(name, email), sellers @ ..] = SELLERS;
    ids.give_own()?;
    let first = marketplace.users.register(name, email, PASSWORD).await;
    let first = first.context("registering the demo's first seller")?;
    let mut tasks = Vec::new();
    for (name, email) in sellers.into_iter().chain(BUYERS).chain([OPERATOR]) {
        let users = marketplace.users.clone();
        tasks.push(tokio::spawn(async move {
            users.register(name, email, PASSWORD).await
        }));
    }
    let mut sellers = vec![first.id];
    for task in tasks {
        sellers.push(task.await?.context("registering the demo's people")?.id);
    }
    let mut buyers = sellers.split_off(SELLERS.len());
    let operator = buyers.pop().context("the demo has no operator")?;
    for (number, buyer) in buyers.iter().enumerate() {
        let kept = marketplace.users.keep_address(*buyer, address(number)?);
        kept.await.context("keeping the demo's addresses")?;
    }
    ids.give_own()?;
    let kept = marketplace
        .users
        .keep_address(first.id, address(BUYERS.len())?);
    kept.await.context("keeping the first seller's address")?;
    Ok(People {
        sellers,
        buyers,
        operator,
    })
}

/// The lines that list the logins.
pub(super) fn lines() -> Vec<String> {
    let line = |what: &str, (name, email): (&str, &str)| format!("  {what:<9} {email:<26} {name}");
    let mut lines = vec![format!("Demo accounts (password of each: {PASSWORD}):")];
    lines.extend(BUYERS.map(|person| line("buyer", person)));
    lines.extend(SELLERS.map(|person| line("seller", person)));
    lines.push(line("operator", OPERATOR));
    lines
}
