//! Sweeps over many rows that one bad row does not stop.

use store::{StoreError, StoreResult};

/// Runs `step` on all of `items` at once. If that fails, it runs on each half, and so on down to the items that fail alone:
/// those are handed to `bad` and passed over. Returns the sum of what `step` returned.
///
/// # Errors
/// [`StoreError::Unavailable`] at once: that is no item's fault.
pub async fn in_halves<T, F>(
    items: Vec<T>,
    mut step: impl FnMut(Vec<T>) -> F,
    mut bad: impl FnMut(&T, &StoreError),
) -> StoreResult<usize>
where
    T: Clone,
    F: Future<Output = StoreResult<usize>>,
{
    let mut sum = 0;
    let mut parts = vec![items];
    while let Some(mut part) = parts.pop() {
        match step(part.clone()).await {
            Ok(count) => sum += count,
            Err(error @ StoreError::Unavailable(_)) => return Err(error),
            Err(error) => match part.as_slice() {
                [] => {}
                [one] => bad(one, &error),
                _ => {
                    let rest = part.split_off(part.len() / 2);
                    parts.extend([rest, part]);
                }
            },
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_item_but_the_bad_ones_is_done_once_and_in_order() {
        let (mut done, mut bad): (Vec<i32>, Vec<i32>) = (Vec::new(), Vec::new());
        let step = |part: Vec<i32>| {
            let fails = part.iter().any(|item| [3, 11].contains(item));
            if !fails {
                done.extend(&part);
            }
            std::future::ready(if fails {
                Err(StoreError::Corrupt("a bad row".to_owned()))
            } else {
                Ok(part.len())
            })
        };
        let sum = in_halves((0..20).collect(), step, |item, _| bad.push(*item)).await;
        assert_eq!((sum, bad), (Ok(18), vec![3, 11]));
        let expected: Vec<i32> = (0..20).filter(|item| ![3, 11].contains(item)).collect();
        assert_eq!(done, expected);
    }

    #[tokio::test]
    async fn a_store_that_is_away_ends_the_sweep_at_once() {
        let away = StoreError::Unavailable("away".to_owned());
        let mut steps = 0;
        let step = |_| {
            steps += 1;
            std::future::ready(Err(away.clone()))
        };
        let sum = in_halves(vec![1, 2], step, |_, _| {}).await;
        assert_eq!((sum, steps), (Err(away), 1));
    }
}
