//! `tojson`.

use super::{Given, invalid};
use crate::template::MAX_OUTPUT_BYTES;
use minijinja::Error;
use minijinja::value::Value;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// The most spaces that a level is indented by.
const MAX_INDENT: usize = 16;

/// `tojson`: a value as JSON, with what HTML would read as `\u003c` and the like.
pub(super) fn tojson(value: &Value, mut given: Given) -> Result<Value, Error> {
    let indent = given.take::<usize>("indent")?;
    given.end()?;
    if indent.is_some_and(|indent| indent > MAX_INDENT) {
        return Err(invalid(format!("`tojson` indents by at most {MAX_INDENT} spaces")));
    }
    let mut written = Written(Vec::new());
    let outcome = match indent {
        Some(indent) => {
            let spaces = " ".repeat(indent);
            let formatter = PrettyFormatter::with_indent(spaces.as_bytes());
            value.serialize(&mut Serializer::with_formatter(&mut written, formatter))
        }
        None => value.serialize(&mut Serializer::with_formatter(&mut written, Spaced(CompactFormatter))),
    };
    let text = outcome.ok().and_then(|()| String::from_utf8(written.0).ok());
    let Some(text) = text else {
        return Err(invalid("`tojson` cannot write this value, or its text is too long".to_owned()));
    };
    let text =
        text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").replace('\'', "\\u0027");
    Ok(Value::from(text))
}

/// Bytes that refuse to grow beyond what may be rendered.
struct Written(Vec<u8>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// JSON on one line as Python writes it: a space behind `,` and `:`.
struct Spaced(CompactFormatter);

impl Spaced {
    fn separator<W: Write + ?Sized>(writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }
}

impl Formatter for Spaced {
    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        Self::separator(writer, first)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        Self::separator(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)?;
        writer.write_all(b" ")
    }
}
