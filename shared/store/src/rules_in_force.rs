//! The rules in force of each deployment, and copies of the files that are or were proposed to be.

use crate::error::StoreError;
use crate::row;
use crate::{Store, keys};
use serde::{Deserialize, Serialize};
use signoff_core::deploy::Slug;
use signoff_core::rules_in_force::{FileCopy, RulesInForce};

/// The most bytes of a file in one row; DynamoDB takes 400 KB.
const PIECE: usize = 300 * 1024;

/// A rules file and the default tags beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesTexts {
    /// The rules file's path; `None`: the repository has none.
    pub path: Option<String>,
    /// The rules file's text.
    pub rules: String,
    /// The path and the text of the default tags, where the repository has some.
    pub tags: Option<(String, String)>,
}

/// A part of a copy.
#[derive(Debug, Serialize, Deserialize)]
struct Piece {
    path: Option<String>,
    tags_path: Option<String>,
    /// Number of bytes of all pieces' texts that are the rules file; the default tags follow.
    rules_bytes: usize,
    text: String,
}

impl RulesTexts {
    /// Returns a reference to these files; `hash` is the SHA-256 of the rules file's text.
    pub fn copy(&self, hash: String) -> FileCopy {
        let tags = self.tags.as_ref().map(|(path, text)| (path.as_str(), text.as_str()));
        FileCopy::of(self.path.as_deref(), &self.rules, hash, tags)
    }
}

impl Store {
    /// The rules of `deployment`; `None`: it never had any.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn rules_in_force(&self, deployment: &Slug) -> Result<Option<RulesInForce>, StoreError> {
        self.get(&keys::rules_in_force(deployment)).await
    }

    /// Keeps `texts` for `deployment`, in as many rows as they need, for good; `file` with the number of its
    /// pieces. The rows are found by the file's id, which follows from the texts, so that keeping them twice
    /// changes nothing.
    ///
    /// # Errors
    /// The record can't be written.
    pub async fn keep_rules(
        &self,
        deployment: &Slug,
        file: FileCopy,
        texts: &RulesTexts,
    ) -> Result<FileCopy, StoreError> {
        let tags = texts.tags.as_ref();
        let whole = format!("{}{}", texts.rules, tags.map_or("", |(_, text)| text.as_str()));
        let parts = split(&whole);
        for (number, text) in parts.iter().enumerate() {
            let piece = Piece {
                path: texts.path.clone(),
                tags_path: tags.map(|(path, _)| path.clone()),
                rules_bytes: texts.rules.len(),
                text: (*text).to_owned(),
            };
            let row = row::keep(&keys::rules_piece(deployment, &file.id, number), &piece)?;
            let request = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(row));
            request.send().await.map_err(|error| StoreError::service("PutItem", error))?;
        }
        Ok(FileCopy { pieces: parts.len(), ..file })
    }

    /// The files that `file` stands for; `None`: a piece is missing, or they are not those that its id was
    /// made of.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn kept_rules(
        &self,
        deployment: &Slug,
        file: &FileCopy,
    ) -> Result<Option<RulesTexts>, StoreError> {
        let mut whole = String::new();
        let mut first = None;
        for number in 0..file.pieces {
            let key = keys::rules_piece(deployment, &file.id, number);
            let Some(piece) = self.get::<Piece>(&key).await? else { return Ok(None) };
            whole.push_str(&piece.text);
            first.get_or_insert(piece);
        }
        let Some(Piece { path, tags_path, rules_bytes, .. }) = first else { return Ok(None) };
        let Some((rules, tags)) = whole.split_at_checked(rules_bytes) else { return Ok(None) };
        let tags = tags_path.map(|path| (path, tags.to_owned()));
        let texts = RulesTexts { path, rules: rules.to_owned(), tags };
        Ok(Some(texts).filter(|texts| texts.copy(file.hash.clone()).id == file.id))
    }
}

/// `text` in parts that fit a row each; one part at least.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > PIECE {
        let (part, more) = rest.split_at(rest.floor_char_boundary(PIECE));
        parts.push(part);
        rest = more;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_text_is_split_between_characters() {
        assert_eq!(split(""), [""]);
        assert_eq!(split("rules: []"), ["rules: []"]);
        let large = format!("a{}", "é".repeat(PIECE));
        let parts = split(&large);
        assert_eq!((parts.len(), parts.concat()), (3, large.clone()));
        assert!(parts.iter().all(|part| part.len() <= PIECE));
    }
}
