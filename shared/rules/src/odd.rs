//! Characters that look like others, or like nothing: from web pages, chats and word processors.

/// The thing that a character is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// A space.
    Space,
    /// Nothing at all.
    Nothing,
    /// The `-` of a list.
    Dash,
    /// A quote: `'` or `"`.
    Quote(char),
    /// Another sign of YAML, or a letter.
    Sign(char),
}

/// Returns the thing that `c` is taken for; `None`: for itself.
///
/// Source: <https://www.unicode.org/Public/security/latest/confusables.txt>, and the categories `Zs` and `Cf`
/// of Unicode.
pub(crate) fn looks(c: char) -> Option<Looks> {
    match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Some(Looks::Space)
        }
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{3164}'
        | '\u{ffa0}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => Some(Looks::Nothing),
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '﹣' | '－' | '•' | '·' | '●' | '◦' | '‣' | '▪' => {
            Some(Looks::Dash)
        }
        '‘' | '’' | '‚' | '‛' | '′' | '´' | '＇' => Some(Looks::Quote('\'')),
        '“' | '”' | '„' | '‟' | '″' | '＂' | '«' | '»' => Some(Looks::Quote('"')),
        '：' | '﹕' | '꞉' => Some(Looks::Sign(':')),
        '，' => Some(Looks::Sign(',')),
        '＃' => Some(Looks::Sign('#')),
        '［' => Some(Looks::Sign('[')),
        '］' => Some(Looks::Sign(']')),
        '｛' => Some(Looks::Sign('{')),
        '｝' => Some(Looks::Sign('}')),
        '｜' => Some(Looks::Sign('|')),
        '＝' => Some(Looks::Sign('=')),
        '＞' => Some(Looks::Sign('>')),
        '＜' => Some(Looks::Sign('<')),
        '（' => Some(Looks::Sign('(')),
        '）' => Some(Looks::Sign(')')),
        '．' => Some(Looks::Sign('.')),
        '＠' => Some(Looks::Sign('@')),
        '｀' => Some(Looks::Sign('`')),
        // Letters of other scripts that nobody can tell from Latin ones.
        'А' | 'Α' => Some(Looks::Sign('A')),
        'В' | 'Β' => Some(Looks::Sign('B')),
        'С' => Some(Looks::Sign('C')),
        'Е' | 'Ε' => Some(Looks::Sign('E')),
        'Н' | 'Η' => Some(Looks::Sign('H')),
        'І' | 'Ι' => Some(Looks::Sign('I')),
        'Ј' => Some(Looks::Sign('J')),
        'К' | 'Κ' => Some(Looks::Sign('K')),
        'М' | 'Μ' => Some(Looks::Sign('M')),
        'Ν' => Some(Looks::Sign('N')),
        'О' | 'Ο' => Some(Looks::Sign('O')),
        'Р' | 'Ρ' => Some(Looks::Sign('P')),
        'Ѕ' => Some(Looks::Sign('S')),
        'Т' | 'Τ' => Some(Looks::Sign('T')),
        'Х' | 'Χ' => Some(Looks::Sign('X')),
        'Υ' => Some(Looks::Sign('Y')),
        'Ζ' => Some(Looks::Sign('Z')),
        'а' | 'α' => Some(Looks::Sign('a')),
        'с' => Some(Looks::Sign('c')),
        'е' => Some(Looks::Sign('e')),
        'і' | 'ι' => Some(Looks::Sign('i')),
        'ј' => Some(Looks::Sign('j')),
        'о' | 'ο' => Some(Looks::Sign('o')),
        'р' | 'ρ' => Some(Looks::Sign('p')),
        'ѕ' => Some(Looks::Sign('s')),
        'υ' => Some(Looks::Sign('u')),
        'ν' => Some(Looks::Sign('v')),
        'х' => Some(Looks::Sign('x')),
        'у' => Some(Looks::Sign('y')),
        _ => None,
    }
}

/// True for a character that turns the direction of what stands behind it, whatever that is.
///
/// Source: Unicode Standard Annex #9, <https://www.unicode.org/reports/tr9/>.
pub(crate) fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// True for a character that only asks for a direction or a shape, as texts from right to left have them.
pub(crate) fn is_of_writing(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202c}' | '\u{2066}'..='\u{2069}')
}

/// True for a letter that is written from right to left: Hebrew, Arabic and what stands beside them.
pub(crate) fn is_from_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// `text` with what its odd characters look like in their place: what people read.
pub(crate) fn plain(text: &str) -> String {
    text.chars().fold(String::new(), |mut plain, c| {
        match looks(c) {
            Some(looks) => plain.push_str(looks.right()),
            None => plain.push(c),
        }
        plain
    })
}

/// The first character of `text` that looks like another one, and how many stand before it.
pub(crate) fn first_odd(text: &str) -> Option<(usize, char, Looks)> {
    text.chars().enumerate().find_map(|(index, c)| Some((index, c, looks(c)?)))
}

impl Looks {
    /// Returns the text to write instead.
    pub(crate) fn right(self) -> &'static str {
        match self {
            Self::Space => " ",
            Self::Nothing => "",
            Self::Dash => "-",
            Self::Quote('\'') => "'",
            Self::Quote(_) => "\"",
            Self::Sign(sign) => match sign {
                '>' => ">",
                '<' => "<",
                '(' => "(",
                ')' => ")",
                '.' => ".",
                '@' => "@",
                '`' => "`",
                'A' => "A",
                'B' => "B",
                'C' => "C",
                'E' => "E",
                'H' => "H",
                'I' => "I",
                'J' => "J",
                'K' => "K",
                'M' => "M",
                'N' => "N",
                'O' => "O",
                'P' => "P",
                'S' => "S",
                'T' => "T",
                'X' => "X",
                'Y' => "Y",
                'Z' => "Z",
                ':' => ":",
                ',' => ",",
                '#' => "#",
                '[' => "[",
                ']' => "]",
                '{' => "{",
                '}' => "}",
                '|' => "|",
                'a' => "a",
                'c' => "c",
                'e' => "e",
                'i' => "i",
                'j' => "j",
                'o' => "o",
                'p' => "p",
                's' => "s",
                'u' => "u",
                'v' => "v",
                'x' => "x",
                'y' => "y",
                _ => "=",
            },
        }
    }

    /// Returns the message about `c`, and the correction.
    pub(crate) fn told(self, c: char) -> (String, String) {
        let code = format!("U+{:04X}", u32::from(c));
        let shown = format!("`{c}` ({code})");
        match self {
            Self::Space if c == '\u{a0}' => (format!("a no-break space ({code})"), "use a space".to_owned()),
            Self::Space => (format!("a space ({code}) that is none in YAML"), "use a plain space".to_owned()),
            Self::Nothing if c == '\u{feff}' => (
                format!("a byte order mark ({code}) within the file, which nobody sees"),
                "delete it".to_owned(),
            ),
            Self::Nothing if turns(c) => (
                format!("an invisible character that turns the direction of the text ({code})"),
                "delete it".to_owned(),
            ),
            Self::Nothing => (format!("an invisible character ({code})"), "delete it".to_owned()),
            Self::Dash => (format!("{shown} is no `-`"), "write `- `".to_owned()),
            Self::Quote(right) => (format!("{shown} is not a quote in YAML"), format!("write `{right}`")),
            Self::Sign('`') => (format!("{shown} is not a quote in YAML"), "write `'`".to_owned()),
            Self::Sign(right) => (format!("{shown} is no `{right}`"), format!("write `{right}`")),
        }
    }
}
