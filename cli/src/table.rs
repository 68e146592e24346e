//! Tables for people.

use std::io::{self, Write};

/// Alignment of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    /// Numbers.
    Right,
}

/// Writes `rows` under `columns`, each as wide as its widest cell; the last column is not filled up.
pub(crate) fn table<const N: usize>(
    out: &mut dyn Write,
    columns: [(&str, Align); N],
    rows: &[[String; N]],
) -> io::Result<()> {
    let titles = columns.map(|(title, _)| title.to_owned());
    let lines: Vec<[String; N]> =
        std::iter::once(&titles).chain(rows).map(|row| row.each_ref().map(|cell| printable(cell))).collect();
    let mut widths = [0; N];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    for line in &lines {
        let cells = line.iter().zip(widths).zip(columns).map(|((cell, width), (_, align))| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// One line, without what a terminal would take for a command.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_have_to_be() {
        let rows =
            [["ä", "5", "last"].map(str::to_owned), ["a\u{1b}[31mred\nb", "1000", ""].map(str::to_owned)];
        let mut out = Vec::new();
        let columns = [("NAME", Align::Left), ("N", Align::Right), ("REST", Align::Left)];
        table(&mut out, columns, &rows).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @"
        NAME            N  REST
        ä               5  last
        a [31mred b  1000
        ");
    }
}
