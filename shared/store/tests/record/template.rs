//! The tables as template.yaml describes them.

use aws_sdk_dynamodb::types::{AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, Projection};
use signoff_rules::problem::Source;
use signoff_rules::yaml::{Content, Node, load_with_tags};
use std::rc::Rc;

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
    let template = load_with_tags(&Source::new("template.yaml", text), "").expect("YAML");
    let table = template.at("Resources").at(name);
    assert_eq!(table.at("Type").text(), "AWS::DynamoDB::Table");
    let properties = table.at("Properties");
    Table {
        attributes: properties
            .at("AttributeDefinitions")
            .items()
            .iter()
            .map(|node| attribute(node))
            .collect(),
        keys: keys(properties),
        indexes: properties
            .get("GlobalSecondaryIndexes")
            .map(Lookup::items)
            .unwrap_or_default()
            .iter()
            .map(|node| index(node))
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
    node.at("KeySchema").items().iter().map(|node| key(node)).collect()
}

fn index(node: &Node) -> GlobalSecondaryIndex {
    let projection = node.at("Projection");
    let others = projection.get("NonKeyAttributes").map(Lookup::items).unwrap_or_default();
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

/// Ways into a tree that must have what is looked for.
trait Lookup {
    fn get(&self, key: &str) -> Option<&Node>;
    fn at(&self, key: &str) -> &Node;
    fn items(&self) -> &[Rc<Node>];
    fn text(&self) -> &str;
}

impl Lookup for Node {
    fn get(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Mapping(entries) => {
                entries.iter().find(|entry| entry.key == key).map(|entry| &*entry.value)
            }
            Content::Scalar(_) | Content::Sequence(_) => None,
        }
    }

    fn at(&self, key: &str) -> &Node {
        self.get(key).unwrap_or_else(|| panic!("template.yaml: no {key} in {self:?}"))
    }

    fn items(&self) -> &[Rc<Node>] {
        match &self.content {
            Content::Sequence(items) => items,
            Content::Scalar(_) | Content::Mapping(_) => panic!("template.yaml: no list: {self:?}"),
        }
    }

    fn text(&self) -> &str {
        &self.as_scalar().unwrap_or_else(|| panic!("template.yaml: no text: {self:?}")).text
    }
}
