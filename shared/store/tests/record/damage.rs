//! Rows that are damaged, or that a newer release wrote.

use crate::local::Row;
use aws_sdk_dynamodb::types::AttributeValue;

/// Something that may be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It has a field that this release does not know.
    UnknownField,
    /// A field is missing.
    Missing,
    /// A field is of another type.
    WrongType,
    /// A field has a kind that this release does not know.
    UnknownKind,
}

/// Everything that may be wrong with a row.
pub const DAMAGES: [Damage; 4] =
    [Damage::UnknownField, Damage::Missing, Damage::WrongType, Damage::UnknownKind];

/// `row` with this damage to its field `field`.
pub fn damaged(row: &Row, field: &str, how: Damage) -> Row {
    assert!(row.contains_key(field), "{field} is among {:?}", row.keys());
    let mut row = row.clone();
    match how {
        Damage::UnknownField => {
            drop(row.insert("from_a_newer_release".to_owned(), AttributeValue::N("7".to_owned())))
        }
        Damage::Missing => drop(row.remove(field).expect("the field")),
        Damage::WrongType => {
            drop(row.insert(field.to_owned(), AttributeValue::Bool(true)).expect("the field"))
        }
        Damage::UnknownKind => {
            let kind = [("do", "dance"), ("state", "dancing")];
            let kind = kind.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
            drop(row.insert(field.to_owned(), AttributeValue::M(kind.into())).expect("the field"));
        }
    }
    row
}
