//! The files of the console, compiled in: templates, messages, assets. A theme replaces any of them.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

macro_rules! files {
    ($($name:literal)+) => {
        /// Each file with its path.
        const FILES: &[(&str, &[u8])] = &[$(($name, include_bytes!(concat!("../", $name)))),+];
    };
}

files! {
    "assets/console.css"
    "assets/console.js"
    "assets/favicon.svg"
    "assets/htmx-2.min.js"
    "messages/de.toml"
    "messages/en.toml"
    "templates/base.html"
    "templates/error.html"
    "templates/operate/audit.html"
    "templates/operate/base.html"
    "templates/operate/categories.html"
    "templates/operate/category.html"
    "templates/operate/dashboard.html"
    "templates/operate/dispute.html"
    "templates/operate/disputes.html"
    "templates/operate/listing.html"
    "templates/operate/listings.html"
    "templates/operate/log.html"
    "templates/operate/messages.html"
    "templates/operate/order.html"
    "templates/operate/orders.html"
    "templates/operate/returns.html"
    "templates/operate/review.html"
    "templates/operate/sellers.html"
    "templates/operate/taken-down.html"
    "templates/operate/user.html"
    "templates/operate/users.html"
    "templates/parts/address.html"
    "templates/parts/cases.html"
    "templates/parts/chart.html"
    "templates/parts/form.html"
    "templates/parts/lists.html"
    "templates/parts/product.html"
    "templates/parts/timeline.html"
    "templates/resume.html"
    "templates/sell/base.html"
    "templates/sell/cases.html"
    "templates/sell/images.html"
    "templates/sell/money.html"
    "templates/sell/order.html"
    "templates/sell/orders.html"
    "templates/sell/product.html"
    "templates/sell/products.html"
    "templates/sell/profile.html"
    "templates/sell/removed.html"
    "templates/sell/return.html"
    "templates/sell/slip.html"
    "templates/sell/stock.html"
    "templates/sell/todo.html"
    "templates/sell/variants.html"
    "templates/setup.html"
    "templates/shop/account.html"
    "templates/shop/address.html"
    "templates/shop/browse.html"
    "templates/shop/cart.html"
    "templates/shop/cases.html"
    "templates/shop/checkout.html"
    "templates/shop/code.html"
    "templates/shop/data.html"
    "templates/shop/dispute.html"
    "templates/shop/forgot.html"
    "templates/shop/home.html"
    "templates/shop/login.html"
    "templates/shop/logins.html"
    "templates/shop/mails.html"
    "templates/shop/order.html"
    "templates/shop/orders.html"
    "templates/shop/product.html"
    "templates/shop/recovery_codes.html"
    "templates/shop/register.html"
    "templates/shop/registered.html"
    "templates/shop/reset.html"
    "templates/shop/return.html"
    "templates/shop/second_factor.html"
    "templates/shop/second_factor_confirm.html"
    "templates/shop/seller.html"
    "templates/shop/verify.html"
    "templates/shop/wallet.html"
}

/// The files, with those of a theme in their places.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    theme: Option<PathBuf>,
}

impl Files {
    /// The files, where the directory `theme` has none of the same path.
    pub(crate) const fn new(theme: Option<PathBuf>) -> Self {
        Self { theme }
    }

    /// The file at `path`, such as `templates/base.html`. None if there is no such file.
    ///
    /// # Errors
    /// If a theme's file cannot be read.
    pub(crate) fn read(&self, path: &str) -> anyhow::Result<Option<Cow<'static, [u8]>>> {
        let Some((_, bytes)) = FILES.iter().find(|(name, _)| *name == path) else {
            return self.of_theme(path);
        };
        let theirs = self.of_theme(path)?;
        Ok(Some(theirs.unwrap_or(Cow::Borrowed(bytes))))
    }

    /// As [`read`](Self::read), as text.
    ///
    /// # Errors
    /// Also if the file is not UTF-8.
    pub(crate) fn text(&self, path: &str) -> anyhow::Result<Option<String>> {
        let text = |bytes: Cow<'static, [u8]>| {
            String::from_utf8(bytes.into_owned()).with_context(|| format!("{path} is not UTF-8"))
        };
        self.read(path)?.map(text).transpose()
    }

    fn of_theme(&self, path: &str) -> anyhow::Result<Option<Cow<'static, [u8]>>> {
        let Some(theme) = &self.theme else {
            return Ok(None);
        };
        let plain = Path::new(path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !plain {
            return Ok(None);
        }
        let place = theme.join(path);
        match std::fs::read(&place) {
            Ok(bytes) => Ok(Some(Cow::Owned(bytes))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => {
                Ok(None)
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", place.display())),
        }
    }

    /// The paths of the console's own files in a directory, such as `templates/`.
    pub(crate) fn own(directory: &str) -> impl Iterator<Item = &'static str> {
        let paths = FILES.iter().map(|(name, _)| *name);
        paths.filter(move |name| name.starts_with(directory))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(directory: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, found);
            } else {
                let root = Path::new(env!("CARGO_MANIFEST_DIR"));
                let name = path.strip_prefix(root).unwrap();
                found.push(name.to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn each_template_message_file_and_asset_is_compiled_in() {
        let mut found = Vec::new();
        for directory in ["templates", "messages", "assets"] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            below(&root.join(directory), &mut found);
        }
        found.retain(|name| Path::new(name).extension() != Some("md".as_ref()));
        found.sort();
        let known: Vec<_> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(found, known);
    }

    #[test]
    fn a_theme_replaces_a_file_and_nothing_outside_it_is_read() {
        let theme = tempfile::tempdir().unwrap();
        std::fs::create_dir(theme.path().join("assets")).unwrap();
        std::fs::write(theme.path().join("assets/console.css"), "body {}").unwrap();
        let files = Files::new(Some(theme.path().to_owned()));
        let css = files.text("assets/console.css").unwrap().unwrap();
        assert_eq!(css, "body {}");
        assert!(files.text("templates/base.html").unwrap().is_some());
        for outside in [
            "../Cargo.toml",
            "/etc/hostname",
            "assets/none.css",
            "assets",
        ] {
            assert_eq!(files.text(outside).unwrap(), None, "{outside}");
        }
    }
}
