//! The place of a piece of work in a trace, as W3C Trace Context writes it: `traceparent`, version 00.

use std::fmt;

/// A span of a trace that is recorded. What is not recorded has no context here: it is neither kept nor passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    pub(super) trace: u128,
    pub(super) span: u64,
}

/// What a `traceparent` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) context: TraceContext,
    /// Whether its sender records it.
    pub(super) sampled: bool,
}

impl Parent {
    /// Reads a `traceparent`; None if it is none. Of a version to come the fields of this one are read, as the standard has it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let version = hex(parts.next()?, 2)?;
        let trace = hex(parts.next()?, 32)?;
        let span = u64::try_from(hex(parts.next()?, 16)?).ok()?;
        let flags = hex(parts.next()?, 2)?;
        let known = match version {
            0 => parts.next().is_none(),
            0xff => false,
            _ => true,
        };
        (known && trace != 0 && span != 0).then_some(Self {
            context: TraceContext { trace, span },
            sampled: flags & 1 == 1,
        })
    }
}

/// A number of exactly so many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let sane = text.len() == digits
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    sane.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl TraceContext {
    /// Reads the `traceparent` of one of our own services. None unless it is one, and its sender records the trace.
    pub(super) fn followed(text: &str) -> Option<Self> {
        Parent::parse(text)
            .filter(|parent| parent.sampled)
            .map(|parent| parent.context)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace, self.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_read_and_written_as_it_was() {
        let context = TraceContext::followed(TEXT).unwrap();
        assert_eq!(context.trace, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert_eq!(context.to_string(), TEXT);
    }

    #[test]
    fn one_that_is_not_recorded_is_not_followed() {
        let text = TEXT.replace("-01", "-00");
        assert!(!Parent::parse(&text).unwrap().sampled);
        assert_eq!(TraceContext::followed(&text), None);
        assert!(TraceContext::followed(&TEXT.replace("-01", "-03")).is_some());
    }

    #[test]
    fn what_is_no_traceparent_is_none() {
        for text in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(Parent::parse(text), None, "{text}");
        }
        assert!(
            Parent::parse(&TEXT.replace("00-0af", "01-0af").replace("-01", "-01-more")).is_some()
        );
    }
}
