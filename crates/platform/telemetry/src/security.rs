//! The security log: events under the target `security` that tell who tried what. `log.filter = "info,security=info"` shows them, and a log
//! collector can keep them apart by their target. Each event is logged once, where it is decided. No line holds a secret, and an email is
//! there only as a digest: those who know an email can find its lines.

use std::fmt::{Display, Write as _};
use std::net::IpAddr;

use kernel::UserId;
use sha2::{Digest as _, Sha256};

use crate::current_request_id;

/// The target of the events.
pub const TARGET: &str = "security";

/// One event. Say what is known of it, then log it.
#[derive(Debug, Clone)]
#[must_use = "it is logged by `note` or `warn`"]
pub struct SecurityEvent {
    event: &'static str,
    user: Option<UserId>,
    email: Option<String>,
    client: Option<IpAddr>,
    detail: String,
}

/// The event `event`, a stable word such as `throttled`.
pub fn security(event: &'static str) -> SecurityEvent {
    SecurityEvent {
        event,
        user: None,
        email: None,
        client: None,
        detail: String::new(),
    }
}

impl SecurityEvent {
    /// The user that the event is about, or who acts.
    pub fn user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// The email that was named, in the form in which emails are compared. Only its digest is kept.
    pub fn email(mut self, email: &str) -> Self {
        self.email = Some(digest(email));
        self
    }

    /// Where the request came from.
    pub fn client(mut self, client: IpAddr) -> Self {
        self.client = Some(client);
        self
    }

    /// What else there is to say. It must hold no secret and nothing that a client wrote.
    pub fn detail(mut self, detail: impl Display) -> Self {
        self.detail = detail.to_string();
        self
    }

    /// Logs what is expected to happen.
    pub fn note(self) {
        tracing::info!(target: TARGET, event = self.event, user = self.user.map(tracing::field::display), email = self.email,
            client = self.client.map(tracing::field::display), detail = self.detail, request = current_request_id());
    }

    /// Logs what may be an attack.
    pub fn warn(self) {
        tracing::warn!(target: TARGET, event = self.event, user = self.user.map(tracing::field::display), email = self.email,
            client = self.client.map(tracing::field::display), detail = self.detail, request = current_request_id());
    }
}

/// The first 16 hexadecimal digits of the SHA-256 of `email`.
fn digest(email: &str) -> String {
    let digest = Sha256::digest(email.as_bytes());
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _: std::fmt::Result = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use kernel::SystemIds;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn an_event_says_who_and_whence_and_no_email() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().with_writer(lines.clone());
        let user = UserId::new(&SystemIds::default());
        tracing::subscriber::with_default(subscriber.with_ansi(false).finish(), || {
            let event = security("throttled").email("ada@example.com").user(user);
            event.client([192, 0, 2, 1].into()).detail("login").warn();
            security("refused").note();
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let digest = digest("ada@example.com");
        assert_eq!(digest.len(), 16);
        let user = user.to_string();
        for part in [
            "WARN security",
            "throttled",
            "login",
            "192.0.2.1",
            &digest,
            &user,
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("ada@"), "{text}");
        let second = text.lines().nth(1).unwrap();
        assert!(second.contains("INFO security"), "{second}");
        assert!(!second.contains("client"), "{second}");
    }
}
