//! A QR code as the path of a drawing.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;

/// A QR code.
#[derive(Debug, Serialize)]
pub(crate) struct Qr {
    /// Squares on a side, without the quiet zone.
    pub(crate) size: usize,
    /// The dark squares, as the path of an SVG whose unit is a square.
    pub(crate) path: String,
}

impl Qr {
    /// The code of `text`. None if it is too long for one.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let (size, colours) = (code.width(), code.to_colors());
        let mut path = String::new();
        for (y, row) in colours.chunks(size).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, other| one == other) {
                let length = run.len();
                if run.first() == Some(&Color::Dark) {
                    // A String takes everything.
                    let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
                }
                x += length;
            }
        }
        Some(Self { size, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners() {
        let qr = Qr::of("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert_eq!((qr.size - 17) % 4, 0);
        for corner in [
            "M0 0h7v1h-7z".to_owned(),
            format!("M{} 0h7v1h-7z", qr.size - 7),
            format!("M0 {}h7v1h-7z", qr.size - 1),
        ] {
            assert!(qr.path.contains(&corner), "{corner}");
        }
        assert!(Qr::of(&"x".repeat(5000)).is_none());
    }
}
