//! The commonest passwords, which are the first that anyone guesses. They are refused as new passwords.
//!
//! `common.txt` has the 3 000 commonest that are long enough to be passwords here, one a line, in lower case, sorted. They are the first of
//! the list `passwords` of zxcvbn (<https://github.com/dropbox/zxcvbn>, MIT licence, © 2012-2016 Dan Wheeler and Dropbox, Inc.), as the
//! crate `zxcvbn` 3.1.1 has it (MIT licence, © 2016 Joshua Holmer). It was made from passwords that Mark Burnett released to the public
//! domain.

use std::sync::LazyLock;

static COMMON: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Whether `password` is one of them, in whatever case.
pub(super) fn is_common(password: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    COMMON.binary_search(&lower.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_3000_passwords_and_is_sorted() {
        assert_eq!(COMMON.len(), 3000);
        assert!(COMMON.is_sorted_by(|a, b| a < b));
        assert!(COMMON.iter().all(|one| (8..=72).contains(&one.len())));
        assert!(
            COMMON
                .iter()
                .all(|one| !one.chars().any(char::is_uppercase))
        );
    }

    #[test]
    fn a_common_password_is_found_in_any_case_and_others_are_not() {
        for common in ["password", "PassWord", "12345678", "qwertyuiop"] {
            assert!(is_common(common), "{common}");
        }
        for other in [
            "correct horse battery",
            "demo-password",
            "password is long",
            "",
        ] {
            assert!(!is_common(other), "{other}");
        }
    }
}
