//! Whether a JPEG file is all there (ITU-T T.81, annex B).

const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// Walks the segments of `file` to the end of its image. Returns the number of scans. None if the end is missing. What follows the end does
/// not count: phones put previews and films there.
pub(crate) fn scans(file: &[u8]) -> Option<usize> {
    let mut rest = file;
    let mut scans = 0;
    loop {
        let (code, tail) = match rest {
            // Any number of these may come before a marker.
            [0xff, 0xff, ..] => {
                rest = rest.get(1..)?;
                continue;
            }
            [0xff, code, tail @ ..] => (*code, tail),
            // Between segments there should be nothing, and decoders pass over it.
            [_, tail @ ..] => {
                rest = tail;
                continue;
            }
            [] => return None,
        };
        rest = match code {
            END_OF_IMAGE => return Some(scans),
            // Those without a length.
            0x00 | 0x01 | 0xd0..=0xd8 => tail,
            _ => {
                let [high, low, ..] = tail else { return None };
                let length = usize::from(u16::from_be_bytes([*high, *low])).max(2);
                tail.get(length..)?
            }
        };
        if code == START_OF_SCAN {
            scans += 1;
            rest = after_data(rest)?;
        }
    }
}

/// The rest after the data of a scan: from the next marker that does not belong to the data.
fn after_data(data: &[u8]) -> Option<&[u8]> {
    let is_end =
        |pair: &[u8]| matches!(pair, [0xff, code] if !matches!(code, 0x00 | 0xd0..=0xd7 | 0xff));
    let end = data.windows(2).position(is_end)?;
    data.get(end..)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A start, a table that contains what looks like an end, a scan with stuffed bytes and restarts, and an end.
    const WHOLE: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe1, 0, 4, 0xff, 0xd9, 0xff, 0xda, 0, 2, 1, 0xff, 0, 2, 0xff, 0xd3, 3,
        0xff, 0xd9,
    ];

    #[test]
    fn a_file_is_whole_up_to_its_last_marker_and_never_before() {
        assert_eq!(scans(WHOLE), Some(1));
        assert_eq!(scans(&[WHOLE, b"PK and more"].concat()), Some(1));
        for end in 0..WHOLE.len() {
            assert_eq!(scans(&WHOLE[..end]), None, "{end}");
        }
    }

    #[test]
    fn every_scan_counts() {
        let scan = &WHOLE[8..19];
        let many = [&WHOLE[..8], &scan.repeat(7), &WHOLE[19..]].concat();
        assert_eq!(scans(&many), Some(7));
    }
}
