//! `add_deploy_tag`: gives the deploy a tag, which has its rules evaluated again.

use super::{Done, rendering};
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::deploy::Deploy;
use signoff_core::facts::{Command, MAX_KEPT};
use signoff_core::run::Run;
use signoff_providers::Failure;
use signoff_rules::template::{Mentions, render_plain};
use signoff_runtime::effects::Attempt;
use signoff_runtime::facts::record_fact;

/// The longest tag, in characters; as in a registration.
const MAX_TAG: usize = 100;

impl ActionExecution {
    pub(super) async fn add_deploy_tag(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        run: &Run,
        tag: &str,
    ) -> Tried<Done> {
        let rendered = render_plain(tag, &self.context(attempt, deploy, &Mentions::default(), &[tag]).await?)
            .map_err(rendering("the tag"))?;
        let tag = format!("#{}", rendered.trim().trim_start_matches('#'));
        if tag.len() < 2 || tag.chars().count() > MAX_TAG || tag.contains(char::is_whitespace) {
            let wrong = format!("`{}` is not a tag: it must be one word such as #soaked", rendered.trim());
            return Err(Failure::Permanent(wrong).into());
        }
        let command = Command::Tag { tag: tag.clone(), rule: run.rule.clone() };
        let is_news =
            record_fact(&self.store, &deploy.id, &command, self.now(), attempt.effect.id.as_str()).await?;
        if !is_news && self.store.facts(&deploy.id).await?.is_full_for_tag(&tag) {
            let full = format!(
                "the deploy was not given the tag {tag}: it has as many as Signoff keeps, {MAX_KEPT} or 20 KB of them; add \
                 fewer tags in the rules"
            );
            return Err(Failure::Permanent(full).into());
        }
        Ok(Done { summary: format!("the deploy has the tag {tag}."), url: None })
    }
}
