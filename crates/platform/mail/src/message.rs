//! A mail, and its form on the wire (RFC 5322, MIME). Only plain text: every reader shows it, and nothing in it can load anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::Timestamp;
use uuid::Uuid;

use crate::Address;

/// The longest line that SMTP takes (RFC 5321 section 4.5.3.1.6), without its end.
const LONGEST_LINE: usize = 998;
/// The longest line of quoted-printable text (RFC 2045 section 6.7).
const QUOTED_LINE: usize = 76;
/// Bytes of a text that fit into one encoded word of 75 characters (RFC 2047 section 2).
const WORD: usize = 45;

/// A mail in plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The same whenever the mail is sent again.
    pub id: Uuid,
    /// When it was decided to send it.
    pub at: Timestamp,
    /// Who sends it.
    pub from: Address,
    /// Who gets it.
    pub to: Address,
    /// Its subject.
    pub subject: String,
    /// Its text; lines end with `\n`.
    pub text: String,
}

impl Mail {
    /// The mail as it is sent: headers, an empty line, the text. Lines end with CR LF.
    #[must_use]
    pub fn to_eml(&self) -> String {
        let (encoding, body) = body(&self.text);
        let (from, to) = (self.from.as_str(), self.to.as_str());
        let (id, host) = (self.id, self.from.domain());
        let (date, subject) = (date(self.at), header_text(&self.subject));
        format!(
            "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{id}@{host}>\r\n\
             Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: {encoding}\r\n\r\n{body}"
        )
    }
}

/// The time as RFC 5322 writes it, in UTC.
fn date(at: Timestamp) -> String {
    let at =
        jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%a, %d %b %Y %H:%M:%S +0000")
        .to_string()
}

/// A text as the value of a header: as it is, or in encoded words (RFC 2047). So no text can end the header.
fn header_text(text: &str) -> String {
    let is_plain = text.len() <= QUOTED_LINE && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    if is_plain && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for character in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + character.len_utf8() <= WORD => word.push(character),
            Some(_) | None => words.push(character.to_string()),
        }
    }
    let encoded = words
        .iter()
        .map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join("\r\n ")
}

/// How the text is encoded, and the encoded text.
fn body(text: &str) -> (&'static str, String) {
    let lines = || text.lines();
    let is_plain = lines().all(|line| {
        line.len() <= LONGEST_LINE
            && line
                .bytes()
                .all(|b| b == b'\t' || (b' '..=b'~').contains(&b))
    });
    let (encoding, lines): (_, Vec<String>) = if is_plain {
        ("7bit", lines().map(str::to_owned).collect())
    } else {
        ("quoted-printable", lines().map(quoted).collect())
    };
    let body: String = lines.into_iter().map(|line| line + "\r\n").collect();
    (encoding, body)
}

/// A line as quoted-printable (RFC 2045 section 6.7), with soft breaks.
fn quoted(line: &str) -> String {
    let (mut out, mut length) = (String::new(), 0);
    let last = line.len().saturating_sub(1);
    for (place, byte) in line.bytes().enumerate() {
        let is_plain = match byte {
            b' ' | b'\t' => place < last,
            b'=' => false,
            _ => byte.is_ascii_graphic(),
        };
        let piece = if is_plain {
            char::from(byte).to_string()
        } else {
            format!("={byte:02X}")
        };
        // One place is for the `=` of a soft break.
        if length + piece.len() > QUOTED_LINE - 1 {
            out.push_str("=\r\n");
            length = 0;
        }
        length += piece.len();
        out.push_str(&piece);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mail(subject: &str, text: &str) -> Mail {
        Mail {
            id: Uuid::from_u128(7),
            at: Timestamp::from_millis(1_700_000_000_000),
            from: Address::parse("shop@example.com").unwrap(),
            to: Address::parse("ada@example.com").unwrap(),
            subject: subject.to_owned(),
            text: text.to_owned(),
        }
    }

    fn unquoted(text: &str) -> String {
        let joined = text.replace("=\r\n", "");
        let (mut bytes, mut rest) = (Vec::new(), joined.bytes());
        while let Some(byte) = rest.next() {
            if byte == b'=' {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap().to_owned();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_plain_mail_is_readable_as_it_is() {
        let eml = mail(
            "Your password",
            "Hello\n\nhttps://shop.example/reset?token=abc\n",
        )
        .to_eml();
        assert_eq!(
            eml,
            "From: shop@example.com\r\nTo: ada@example.com\r\nSubject: Your password\r\n\
             Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <00000000-0000-0000-0000-000000000007@example.com>\r\n\
             Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\n\r\nhttps://shop.example/reset?token=abc\r\n"
        );
    }

    proptest! {
        #[test]
        fn no_subject_and_no_text_can_add_a_header(subject in "(?s).{0,120}", text in "(?s).{0,300}") {
            let eml = mail(&subject, &text).to_eml();
            let (headers, body) = eml.split_once("\r\n\r\n").unwrap();
            let names = headers.split("\r\n").filter(|line| !line.starts_with(' ')).count();
            prop_assert_eq!(names, 9);
            prop_assert!(eml.is_ascii());
            let ends = eml.replace("\r\n", "");
            prop_assert!(!ends.contains('\r') && !ends.contains('\n'));
            prop_assert!(eml.split("\r\n").all(|line| line.len() <= LONGEST_LINE));
            let given: String = text.lines().map(|line| line.to_owned() + "\r\n").collect();
            let read = if headers.contains("quoted-printable") { unquoted(body) } else { body.to_owned() };
            prop_assert_eq!(read, given);
            if headers.contains("=?UTF-8?B?") {
                let (_, rest) = headers.split_once("Subject: ").unwrap();
                let (words, _) = rest.split_once("\r\nDate").unwrap();
                let words = words.split("\r\n ").map(|word| {
                    let word = word.strip_prefix("=?UTF-8?B?").unwrap().strip_suffix("?=").unwrap();
                    String::from_utf8(STANDARD.decode(word).unwrap()).unwrap()
                });
                prop_assert_eq!(words.collect::<String>(), subject);
            }
        }
    }
}
