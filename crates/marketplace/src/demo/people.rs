//! The demo's sellers and buyers.

use anyhow::Context as _;
use auth::Role;
use kernel::UserId;
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
}

/// Whether the directory was filled completely before: the operator is registered last.
pub(super) async fn are_complete(marketplace: &Marketplace) -> anyhow::Result<bool> {
    is_registered(marketplace, OPERATOR).await
}

/// Whether a person of the demo is registered.
pub(super) async fn have_begun(marketplace: &Marketplace) -> anyhow::Result<bool> {
    is_registered(marketplace, SELLERS[0]).await
}

async fn is_registered(marketplace: &Marketplace, person: (&str, &str)) -> anyhow::Result<bool> {
    let user = marketplace.users.find(&Email::parse(person.1)?).await?;
    Ok(user.is_some())
}

/// Registers the operator, which marks the directory as filled.
pub(super) async fn complete(marketplace: &Marketplace) -> anyhow::Result<()> {
    let (name, email) = OPERATOR;
    marketplace
        .users
        .register(name, email, PASSWORD)
        .await
        .context("registering the demo's operator")?;
    marketplace
        .users
        .grant(&Email::parse(email)?, Role::Admin)
        .await?;
    Ok(())
}

/// Registers the sellers and buyers: the first seller, whom the API document's examples are about, then the others, concurrently because
/// password hashing is slow.
pub(super) async fn register(marketplace: &Marketplace, ids: &DemoIds) -> anyhow::Result<People> {
    let [(name, email), sellers @ ..] = SELLERS;
    ids.give_own()?;
    let first = marketplace.users.register(name, email, PASSWORD).await;
    let first = first.context("registering the demo's first seller")?;
    let mut tasks = Vec::new();
    for (name, email) in sellers.into_iter().chain(BUYERS) {
        let users = marketplace.users.clone();
        tasks.push(tokio::spawn(async move {
            users.register(name, email, PASSWORD).await
        }));
    }
    let mut sellers = vec![first.id];
    for task in tasks {
        sellers.push(task.await?.context("registering the demo's people")?.id);
    }
    let buyers = sellers.split_off(SELLERS.len());
    Ok(People { sellers, buyers })
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
