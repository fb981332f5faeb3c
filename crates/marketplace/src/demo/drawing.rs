//! Draws the demo's images: a shape or two in the colours of a product's name. No file has to be shipped for them.

use images::{Refused, png_of};
use sha2::{Digest as _, Sha256};

/// Small: two hundred of them are drawn while the user waits.
const WIDTH: u16 = 320;
const HEIGHT: u16 = 240;

type Colour = [u8; 3];

const GROUNDS: [Colour; 6] = [
    [248, 240, 227],
    [226, 240, 245],
    [234, 244, 226],
    [250, 232, 232],
    [239, 234, 248],
    [240, 240, 236],
];
const SHAPES: [Colour; 8] = [
    [214, 84, 62],
    [38, 110, 134],
    [88, 136, 64],
    [226, 164, 48],
    [126, 86, 150],
    [52, 62, 86],
    [196, 92, 130],
    [46, 140, 120],
];

/// A figure around a point, as far as `size` from it.
#[derive(Clone, Copy)]
enum Figure {
    Disc,
    Ring,
    Square,
    Diamond,
    Triangle,
    Bars,
}

const FIGURES: [Figure; 6] = [
    Figure::Disc,
    Figure::Ring,
    Figure::Square,
    Figure::Diamond,
    Figure::Triangle,
    Figure::Bars,
];

impl Figure {
    /// Whether the point at this distance to the right of and below the middle belongs to it.
    fn covers(self, right: i32, below: i32, size: i32) -> bool {
        let far = right * right + below * below;
        let is_near = right.abs() <= size && below.abs() <= size;
        match self {
            Self::Disc => far <= size * size,
            Self::Ring => far <= size * size && far * 9 >= size * size * 4,
            Self::Square => is_near,
            Self::Diamond => right.abs() + below.abs() <= size,
            Self::Triangle => is_near && right.abs() * 2 <= below + size,
            Self::Bars => is_near && ((right + size) * 5 / (size * 2 + 1)) % 2 == 0,
        }
    }
}

/// A PNG file that shows `view` of what is called `name`. The same name and view always give the same file.
pub(super) fn draw(name: &str, view: u8) -> Result<Vec<u8>, Refused> {
    let digest: [u8; 32] = Sha256::digest(name).into();
    let [ground, first, second, large, small, side, ..] = digest;
    let colour = pick(&SHAPES, first.wrapping_add(view), [0; 3]);
    let accent = pick(
        &SHAPES,
        first.wrapping_add(view).wrapping_add(1 + second % 7),
        [0; 3],
    );
    let ground = pick(&GROUNDS, ground, [255; 3]);
    let large = pick(&FIGURES, large, Figure::Disc);
    let small = pick(&FIGURES, small.wrapping_add(view), Figure::Ring);
    let shift = 65 + i32::from(side % 20);
    let shift = if view.is_multiple_of(2) {
        shift
    } else {
        -shift
    };
    let (middle, centre) = (i32::from(WIDTH / 2), i32::from(HEIGHT / 2));
    let mut rgb = Vec::with_capacity(usize::from(WIDTH) * usize::from(HEIGHT) * 3);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (right, below) = (i32::from(x) - middle, i32::from(y) - centre);
            let pixel = if small.covers(right - shift, below - 35, 35) {
                accent
            } else if large.covers(right, below, 80) {
                colour
            } else {
                ground
            };
            rgb.extend(pixel);
        }
    }
    png_of(WIDTH.into(), HEIGHT.into(), &rgb)
}

fn pick<T: Copy>(from: &[T], number: u8, default: T) -> T {
    let place = usize::from(number) % from.len().max(1);
    from.get(place).copied().unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_becomes_a_picture_and_shows_its_name_and_view() {
        let lamp = draw("Desk lamp", 0).unwrap();
        assert_eq!(draw("Desk lamp", 0), Ok(lamp.clone()));
        assert_ne!(draw("Desk lamp", 1), Ok(lamp.clone()));
        assert_ne!(draw("Pen", 0), Ok(lamp.clone()));
        let pictures = images::pictures_of(&lamp).unwrap();
        let widths: Vec<_> = pictures.iter().map(|picture| picture.width).collect();
        assert_eq!(widths, [320]);
        let bytes: usize = pictures.iter().map(|picture| picture.bytes.len()).sum();
        assert!(bytes < 20_000, "{bytes} bytes");
    }
}
