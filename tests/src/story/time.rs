//! The passing of time: what a story would wait for is due now.

use super::Story;
use aws_sdk_dynamodb::types::AttributeValue;
use signoff_core::approval::Approval;
use signoff_core::effect::Effect;

impl Story {
    /// Lets the deadline of an approval pass: `effect`, which ends it, is due.
    pub async fn let_expire(&self, approval: &Approval, effect: &Effect) {
        self.let_pass(approval, "SET expires_at = :past").await;
        self.pull_forward(effect).await;
    }

    /// Lets the undo window of an approval pass: `effect`, which looks its voters up, is due.
    pub async fn let_quorum_pass(&self, approval: &Approval, effect: &Effect) {
        self.let_pass(approval, "SET #status.#until = :past").await;
        self.pull_forward(effect).await;
    }

    async fn let_pass(&self, approval: &Approval, update: &str) {
        let key = |name: &str, id: &str| AttributeValue::S(format!("{name}#{id}"));
        let past = AttributeValue::S("2026-01-01T00:00:00Z".to_owned());
        let names = [("#status", "status"), ("#until", "until")];
        let names = names.into_iter().filter(|(name, _)| update.contains(name));
        self.world
            .dynamodb
            .update_item()
            .table_name(&self.world.record_table)
            .key("pk", key("deploy", approval.deploy.as_str()))
            .key("sk", key("approval", approval.id.as_str()))
            .update_expression(update)
            .set_expression_attribute_names(
                Some(names.map(|(name, attribute)| (name.to_owned(), attribute.to_owned())).collect())
                    .filter(|names: &std::collections::HashMap<_, _>| !names.is_empty()),
            )
            .expression_attribute_values(":past", past)
            .send()
            .await
            .unwrap();
    }

    /// Lets the time that an effect waits for be over, in the record and in the queue: a message that is
    /// hidden until then would hold up the one that the clock sends.
    pub async fn pull_forward(&self, effect: &Effect) {
        self.make_due(effect).await;
        self.reveal(effect);
    }

    /// Shows the message of an effect that is hidden until a time that is not its own any more.
    pub fn reveal(&self, effect: &Effect) {
        if let Some(stack) = self.world.aws.as_embedded() {
            stack.reveal_those(effect.id.as_str());
        }
    }

    /// Lets the time that an effect waits for be over in the record.
    pub async fn make_due(&self, effect: &Effect) {
        let key = |name: &str, id: &str| AttributeValue::S(format!("{name}#{id}"));
        let past = AttributeValue::S("2026-01-01T00:00:00.000000Z".to_owned());
        self.world
            .dynamodb
            .update_item()
            .table_name(&self.world.record_table)
            .key("pk", key("deploy", effect.deploy.as_str()))
            .key("sk", key("effect", effect.id.as_str()))
            .update_expression("SET not_before = :past, due_at = :past REMOVE backoff")
            .expression_attribute_values(":past", past)
            .send()
            .await
            .unwrap();
    }

    /// Lets it be more than a day ago that an effect was committed.
    pub async fn let_grow_old(&self, effect: &Effect) {
        let key = |name: &str, id: &str| AttributeValue::S(format!("{name}#{id}"));
        let past = AttributeValue::S("2026-01-01T00:00:00Z".to_owned());
        let update = self.world.dynamodb.update_item().table_name(&self.world.record_table);
        let update = update.key("pk", key("deploy", effect.deploy.as_str()));
        let update = update.key("sk", key("effect", effect.id.as_str()));
        let waits = if effect.waits_since.is_some() { ", waits_since = :past" } else { "" };
        let due = if effect.first_due.is_some() { ", first_due = :past" } else { "" };
        let update = update.update_expression(format!("SET created_at = :past{waits}{due}"));
        update.expression_attribute_values(":past", past).send().await.unwrap();
    }
}
