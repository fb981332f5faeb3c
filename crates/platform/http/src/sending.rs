//! The body of an answer on its way. It goes out piece by piece, so that a client which reads slowly costs the answer and one piece, not
//! two copies; and it keeps the client's turn until all of it is out.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use super::limits::Turn;

/// Bytes that are handed to the connection at once.
const PIECE: usize = 64 * 1024;

/// A body on its way.
pub(super) enum Sending {
    /// What is left of one that was there as a whole.
    Whole { rest: Bytes, _turn: Option<Turn> },
    /// One that comes in parts.
    Parts { body: BoxBody, _turn: Option<Turn> },
}

impl Sending {
    /// `body`, sent during `turn`.
    pub(super) fn new(body: BoxBody, turn: Option<Turn>) -> Self {
        match body.try_into_bytes() {
            Ok(rest) => Self::Whole { rest, _turn: turn },
            Err(body) => Self::Parts { body, _turn: turn },
        }
    }
}

impl MessageBody for Sending {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        match self {
            Self::Whole { rest, .. } => rest.size(),
            Self::Parts { body, .. } => body.size(),
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match self.get_mut() {
            Self::Whole { rest, .. } if rest.is_empty() => Poll::Ready(None),
            Self::Whole { rest, .. } => {
                let piece = rest.split_to(rest.len().min(PIECE));
                Poll::Ready(Some(Ok(piece)))
            }
            Self::Parts { body, .. } => Pin::new(body).poll_next(cx),
        }
    }

    /// A short one with nothing queued behind it is handed over as it is.
    fn try_into_bytes(self) -> Result<Bytes, Self> {
        match self {
            Self::Whole { rest, _turn: None } if rest.len() <= PIECE => Ok(rest),
            long @ (Self::Whole { .. } | Self::Parts { .. }) => Err(long),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_body_goes_out_whole_and_in_pieces() {
        for length in [0, 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
            let text: Bytes = (0..length)
                .map(|place| u8::try_from(place % 251).unwrap())
                .collect::<Vec<u8>>()
                .into();
            let mut sending = Sending::new(BoxBody::new(text.clone()), None);
            assert_eq!(
                to_bytes(Sending::new(BoxBody::new(text.clone()), None))
                    .await
                    .unwrap(),
                text
            );
            let mut pieces = Vec::new();
            while let Some(piece) =
                std::future::poll_fn(|cx| Pin::new(&mut sending).poll_next(cx)).await
            {
                pieces.push(piece.unwrap().len());
            }
            assert!(pieces.iter().all(|piece| *piece <= PIECE));
            assert_eq!(pieces.iter().sum::<usize>(), length);
        }
    }
}
