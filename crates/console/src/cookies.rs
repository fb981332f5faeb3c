//! Cookies: reading the request's, and the text of `Set-Cookie` (RFC 6265). All are for the server alone and for requests that come from
//! the marketplace's own pages, or from a link to them.

use actix_web::http::header::{self, HeaderMap};

/// How the cookies of this marketplace are set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookies {
    /// Whether browsers send them over TLS only, and take them from this host only.
    pub(crate) secure: bool,
}

impl Cookies {
    fn prefix(self) -> &'static str {
        if self.secure { "__Host-" } else { "" }
    }

    /// The value of the cookie `name`, if the request has it once.
    pub(crate) fn read<'a>(self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let mut found = headers
            .get_all(header::COOKIE)
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| key.strip_prefix(self.prefix()) == Some(name))
            .map(|(_, value)| value.trim_matches('"'));
        let value = found.next();
        found.next().is_none().then_some(value).flatten()
    }

    /// Sets a cookie for `seconds`; deletes it if there are none. The value has only characters that cookies may have.
    pub(crate) fn set(self, name: &str, value: &str, seconds: u64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let prefix = self.prefix();
        format!("{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_read_by_its_name_and_not_if_it_is_there_twice() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_static("a=1; login=x; b=\"2\"; login=y; __Host-cart=z");
        headers.insert(header::COOKIE, line);
        let plain = Cookies { secure: false };
        assert_eq!(plain.read(&headers, "a"), Some("1"));
        assert_eq!(plain.read(&headers, "b"), Some("2"));
        assert_eq!(plain.read(&headers, "login"), None);
        assert_eq!(plain.read(&headers, "cart"), None);
        assert_eq!(Cookies { secure: true }.read(&headers, "cart"), Some("z"));
    }
}
