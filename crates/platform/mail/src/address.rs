//! The address of a mailbox, in the form in which it stands in headers and in SMTP.

use std::fmt;

/// An address in ASCII, such as `ada@example.com`. It holds nothing that could end a header or a command.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Takes an address. None if it has no local part or domain, or holds anything but visible ASCII characters, or one of `<>(),;:\"[]`.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let (local, domain) = raw.rsplit_once('@')?;
        let fits = |part: &str| {
            let mut bytes = part.bytes();
            !part.is_empty()
                && bytes.all(|byte| byte.is_ascii_graphic() && !b"<>(),;:\\\"[]@".contains(&byte))
        };
        (fits(local) && fits(domain) && raw.len() <= 320).then(|| Self(raw.to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// An address is a person's: it does not print.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_could_end_a_header_is_an_address() {
        assert_eq!(
            Address::parse("ada@example.com").unwrap().domain(),
            "example.com"
        );
        assert!(Address::parse("o'neill+shop@xn--mnchen-3ya.de").is_some());
        for bad in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "Ada <ada@example.com>",
            "a@b@example.com",
            "ada@exämple.com",
            "a,b@example.com",
        ] {
            assert!(Address::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_address_does_not_print() {
        let address = Address::parse("ada@example.com").unwrap();
        assert!(!format!("{address:?}").contains("ada"));
    }
}
