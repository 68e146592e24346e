//! The lines in which two texts differ.

/// The most pairs of lines that are compared; texts with more differ as a whole.
const MAX_PAIRS: usize = 1_000_000;

/// The lines that the text `new` removes from `old` and adds to it, in order: `- line` and `+ line`. Lines
/// that both have are left out. Of two large texts with hardly a line in common, every line is removed and
/// added.
pub fn changed_lines(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old, new) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let old = old.get(..old.len() - end).unwrap_or_default();
    let new = new.get(..new.len() - end).unwrap_or_default();
    let removed = |line: &&str| format!("- {line}");
    let added = |line: &&str| format!("+ {line}");
    if old.len().saturating_mul(new.len()) > MAX_PAIRS {
        return old.iter().map(removed).chain(new.iter().map(added)).collect();
    }
    let common = lengths(old, new);
    let length = |one: usize, other: usize| {
        common.get(one).and_then(|row| row.get(other)).copied().unwrap_or_default()
    };
    let (mut lines, mut one, mut other) = (Vec::new(), 0, 0);
    loop {
        match (old.get(one), new.get(other)) {
            (Some(left), Some(right)) if left == right => {
                one += 1;
                other += 1;
            }
            (Some(left), Some(_)) if length(one + 1, other) >= length(one, other + 1) => {
                lines.push(removed(left));
                one += 1;
            }
            (_, Some(right)) => {
                lines.push(added(right));
                other += 1;
            }
            (Some(left), None) => {
                lines.push(removed(left));
                one += 1;
            }
            (None, None) => return lines,
        }
    }
}

/// The number of lines that the ends of `old` and `new` have in common, in order, from each pair of lines on.
fn lengths(old: &[&str], new: &[&str]) -> Vec<Vec<u32>> {
    let mut rows = vec![vec![0_u32; new.len() + 1]];
    for line in old.iter().rev() {
        let mut row = vec![0_u32];
        let below = rows.last().map(Vec::as_slice).unwrap_or_default();
        for (index, other) in new.iter().enumerate().rev() {
            let at = |row: &[u32], index: usize| row.get(index).copied().unwrap_or_default();
            let right = row.last().copied().unwrap_or_default();
            let both = if line == other { at(below, index + 1) + 1 } else { at(below, index).max(right) };
            row.push(both);
        }
        row.reverse();
        rows.push(row);
    }
    rows.reverse();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_leave_out_what_stays() {
        for (old, new, expected) in [
            ("", "", &[][..]),
            ("a\nb\nc", "a\nb\nc\n", &[]),
            ("a\nb\nc", "a\nx\nc", &["- b", "+ x"]),
            ("a\nb\nc", "b\nc\nd", &["- a", "+ d"]),
            ("a\nb", "", &["- a", "- b"]),
            ("", "a\nb", &["+ a", "+ b"]),
            ("votes: 2\nx\nvotes: 2", "votes: 2\nx\nvotes: 1", &["- votes: 2", "+ votes: 1"]),
            ("a\nb\nc\nd", "a\nc\nb\nd", &["- b", "+ b"]),
        ] {
            assert_eq!(changed_lines(old, new), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn large_texts_differ_as_a_whole() {
        let text = |word: &str| (0..2000).map(|number| format!("{word} {number}\n")).collect::<String>();
        let lines = changed_lines(&format!("same\n{}", text("old")), &format!("same\n{}", text("new")));
        assert_eq!((lines.len(), lines[0].as_str(), lines[2000].as_str()), (4000, "- old 0", "+ new 0"));
    }
}
