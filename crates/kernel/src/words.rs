//! Enums whose variants have fixed words in the API, in messages and in stores.

/// Gives the variants of an enum their words: `ALL`, `as_str` and `of`. A variant without a word does not compile.
///
/// ```
/// #[derive(Debug, Clone, Copy, PartialEq)]
/// enum Size { Small, Large }
/// kernel::words!(Size { Small = "small", Large = "large" });
///
/// assert_eq!(Size::ALL.map(Size::as_str), ["small", "large"]);
/// assert_eq!(Size::of("large"), Some(Size::Large));
/// assert_eq!(Size::of("Large"), None);
/// ```
#[macro_export]
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// All of them.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// Its word in the API, in messages and in stores.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The variant with this word, if there is one.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == word)
            }
        }
    };
}
