//! The tables as template.yaml describes them.

use aws_sdk_dynamodb::types::{AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, Projection};
use saphyr_parser::{Event, Parser, StrInput};

/// A value of the template; what a tag like `!Ref` would make of it does not matter here.
#[derive(Debug)]
enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Values that CreateTable needs.
pub struct Table {
    pub attributes: Vec<AttributeDefinition>,
    pub keys: Vec<KeySchemaElement>,
    pub indexes: Vec<GlobalSecondaryIndex>,
    /// The attribute that says when a row ends.
    pub time_to_live: String,
}

/// The table with this logical id.
pub fn table(name: &str) -> Table {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"));
    let mut events = Parser::new_from_str(text);
    let first = loop {
        match next(&mut events) {
            Event::StreamStart | Event::DocumentStart(_) => {}
            event => break event,
        }
    };
    let template = node(&mut events, first);
    let table = template.at("Resources").at(name);
    assert_eq!(table.at("Type").text(), "AWS::DynamoDB::Table");
    let properties = table.at("Properties");
    Table {
        attributes: properties.at("AttributeDefinitions").items().iter().map(attribute).collect(),
        keys: keys(properties),
        indexes: properties
            .get("GlobalSecondaryIndexes")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .map(index)
            .collect(),
        time_to_live: properties.at("TimeToLiveSpecification").at("AttributeName").text().to_owned(),
    }
}

fn attribute(node: &Node) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(node.at("AttributeName").text())
        .attribute_type(node.at("AttributeType").text().into())
        .build()
        .expect("an attribute")
}

fn keys(node: &Node) -> Vec<KeySchemaElement> {
    let key = |node: &Node| {
        KeySchemaElement::builder()
            .attribute_name(node.at("AttributeName").text())
            .key_type(node.at("KeyType").text().into())
            .build()
            .expect("a key")
    };
    node.at("KeySchema").items().iter().map(key).collect()
}

fn index(node: &Node) -> GlobalSecondaryIndex {
    let projection = node.at("Projection");
    let others = projection.get("NonKeyAttributes").map(Node::items).unwrap_or_default();
    GlobalSecondaryIndex::builder()
        .index_name(node.at("IndexName").text())
        .set_key_schema(Some(keys(node)))
        .projection(
            Projection::builder()
                .projection_type(projection.at("ProjectionType").text().into())
                .set_non_key_attributes(
                    (!others.is_empty()).then(|| others.iter().map(|name| name.text().to_owned()).collect()),
                )
                .build(),
        )
        .build()
        .expect("an index")
}

impl Node {
    fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    fn at(&self, key: &str) -> &Self {
        self.get(key).unwrap_or_else(|| panic!("template.yaml: no {key} in {self:?}"))
    }

    fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Text(_) | Self::Map(_) => panic!("template.yaml: no list: {self:?}"),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::List(_) | Self::Map(_) => panic!("template.yaml: no text: {self:?}"),
        }
    }
}

fn next<'t>(events: &mut Parser<'t, StrInput<'t>>) -> Event<'t> {
    events.next_event().expect("more of template.yaml").expect("YAML").0
}

fn node<'t>(events: &mut Parser<'t, StrInput<'t>>, first: Event<'t>) -> Node {
    match first {
        Event::Scalar(text, ..) => Node::Text(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(events) {
                    Event::SequenceEnd => return Node::List(items),
                    event => items.push(node(events, event)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Vec::new();
            loop {
                match next(events) {
                    Event::MappingEnd => return Node::Map(entries),
                    Event::Scalar(key, ..) => {
                        let value = next(events);
                        entries.push((key.into_owned(), node(events, value)));
                    }
                    other => panic!("template.yaml: a key that is no text: {other:?}"),
                }
            }
        }
        other => panic!("template.yaml: unexpected {other:?}"),
    }
}
