//! The same work for many things whose files are read: several threads, since most of the time is spent waiting.

use std::thread;

/// Threads at most.
const THREADS: usize = 8;

/// Below so many for each, a thread costs more than it brings.
const FEW: usize = 16;

/// What the work makes of each item, in their order; or the first error.
pub fn side_by_side<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let threads = (items.len() / FEW).clamp(1, THREADS);
    let work = &work;
    let all = |part: &[T]| part.iter().map(work).collect::<Result<Vec<R>, E>>();
    let mut parts = items.chunks(items.len().div_ceil(threads).max(1));
    let own = parts.next().unwrap_or_default();
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || all(part))).collect();
        let mut found = all(own)?;
        for other in others {
            match other.join() {
                Ok(part) => found.extend(part?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(found)
    })
}

#[cfg(test)]
mod tests {
    use super::side_by_side;

    #[test]
    fn answers_come_in_the_order_of_the_items() {
        for count in [0, 1, 15, 33, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let twice = side_by_side(&items, |item| Ok::<_, ()>(item * 2)).unwrap();
            assert_eq!(twice, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_is_the_answer() {
        let items: Vec<usize> = (0..1000).collect();
        let odd = side_by_side(&items, |item| {
            if item % 400 == 300 {
                Err(*item)
            } else {
                Ok(())
            }
        });
        assert_eq!(odd, Err(300));
    }
}
