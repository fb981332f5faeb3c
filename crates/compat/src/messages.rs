//! Recorded messages: those that a scenario sent, each as it lay in the broker.

use std::collections::{BTreeMap, BTreeSet};

use chassis::bus::amqp::RecordedMessage;
use contracts::{Contract, Envelope, product, wallet};
use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};

use crate::gate::Gates;

/// What `act` makes of a message's type.
pub trait ForType {
    /// What comes of it.
    type Out;
    /// Does it.
    fn run<M: Contract>(&self) -> Self::Out;
}

/// Does `act` with the type that is called `name`; None if no message is.
pub fn with_type<A: ForType>(name: &str, act: &A) -> Option<A::Out> {
    macro_rules! one_of {
        ($($message:ty),+ $(,)?) => {
            $(if <$message as prost::Name>::full_name() == name { return Some(act.run::<$message>()); })+
        };
    }
    one_of!(
        product::ConfirmReservation,
        product::ReleaseReservation,
        product::ReservationConfirmed,
        product::ReservationExpired,
        wallet::DebitForOrder,
        wallet::CancelOrderDebit,
        wallet::RefundOrder,
        wallet::ReleaseEscrow,
        wallet::OrderDebited,
        wallet::OrderDebitDeclined,
        wallet::OrderDebitCancelled,
        wallet::OrderRefunded,
        wallet::EscrowReleased,
        wallet::OrderPaymentRefused,
    );
    None
}

/// Decodes `envelope` as the type that it names, and encodes that again.
///
/// # Errors
/// What is lost on the way, or that it does not decode.
pub fn round_trip(envelope: &Envelope) -> Result<(), String> {
    struct Again<'e>(&'e Envelope);
    impl ForType for Again<'_> {
        type Out = Result<(), String>;
        fn run<M: Contract>(&self) -> Self::Out {
            let Self(envelope) = self;
            if envelope.kind != M::KIND {
                return Err(format!(
                    "{} is no {:?} any more",
                    envelope.name, envelope.kind
                ));
            }
            let message = envelope.open::<M>().map_err(|error| error.to_string())?;
            let again = message.encode_to_vec();
            if again == envelope.body {
                Ok(())
            } else {
                Err(format!("{} loses something on the way", envelope.name))
            }
        }
    }
    with_type(&envelope.name, &Again(envelope))
        .unwrap_or_else(|| Err(format!("nobody knows {} any more", envelope.name)))
}

/// The numbers of the fields that `body` has.
#[must_use]
pub fn fields(mut body: &[u8]) -> BTreeSet<u32> {
    let mut numbers = BTreeSet::new();
    while !body.is_empty() {
        let (number, wire_type): (u32, WireType) = decode_key(&mut body).expect("a field");
        skip_field(wire_type, number, &mut body, DecodeContext::default()).expect("a field");
        numbers.insert(number);
    }
    numbers
}

/// All that passed the gates: as first sent, some as sent again and some as given up.
///
/// # Panics
/// If a message of the contracts, or a field of one, was never seen: then the scenario has to grow.
#[must_use]
pub fn record(gates: &Gates, contracts: &BTreeMap<String, BTreeSet<u32>>) -> Vec<RecordedMessage> {
    let mut seen: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    let mut recorded = Vec::new();
    for (nth, envelope) in gates.seen().iter().enumerate() {
        let first = seen.entry(envelope.name.clone()).or_default();
        let new = first.is_empty();
        first.extend(fields(&envelope.body));
        let attempts = u32::from(nth % 3 == 1);
        recorded.push(RecordedMessage::sealed(envelope, attempts).expect("a message"));
        if new {
            let letter =
                RecordedMessage::buried(envelope, 6, "its receiver is away", envelope.time);
            recorded.push(letter.expect("a dead letter"));
        }
    }
    for (name, fields) in contracts {
        let found = seen.get(name);
        assert!(
            found.is_some_and(|found| found.is_superset(fields)),
            "the scenario sends no {name} with all of its fields {fields:?}, only {found:?}"
        );
    }
    recorded
}
