//! Reading all that decides whether a step may run.

use crate::error::StoreError;
use crate::unreadable::read_whole;
use crate::{Store, keys};
use signoff_core::approval::Approval;
use signoff_core::deploy::Deploy;
use signoff_core::facts::Facts;
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::run::Run;

/// Most rows that one request reads.
const BATCH: usize = 100;

/// A step, with all that decides whether it may run.
#[derive(Clone, Debug)]
pub struct ReadStep {
    /// The deploy, with the tags that rules gave it.
    pub deploy: Deploy,
    /// The run.
    pub run: Run,
    /// The approvals of the run's earlier steps, as far as there are any.
    pub approvals: Vec<Approval>,
}

impl Store {
    /// Step number `step` of a run; `None`: the deploy or the run is not on record. One request, or one more
    /// for each further 100 steps before it.
    pub async fn step(
        &self,
        deploy: &DeployId,
        run: &RunId,
        step: usize,
    ) -> Result<Option<ReadStep>, StoreError> {
        let (first, second, third) = (keys::deploy(deploy), keys::run(deploy, run), keys::facts(deploy));
        // Which of the earlier steps ask is not known before the run is read; the others have no row.
        let asked = (0..step).map(|index| keys::approval(deploy, &ApprovalId::derive(run, index)));
        let wanted: Vec<_> =
            [first.clone(), second.clone(), third.clone()].into_iter().chain(asked).collect();
        let mut rows = std::collections::HashMap::new();
        for keys in wanted.chunks(BATCH) {
            rows.extend(self.get_all(keys).await?);
        }
        let (Some(deploy), Some(run), facts) =
            (rows.remove(&first), rows.remove(&second), rows.remove(&third))
        else {
            return Ok(None);
        };
        let mut deploy: Deploy = read_whole(deploy)?;
        if let Some(facts) = facts {
            deploy.tags.extend(read_whole::<Facts>(facts)?.tags);
        }
        let approvals = rows.into_values().map(read_whole).collect::<Result<_, _>>()?;
        Ok(Some(ReadStep { deploy, run: read_whole(run)?, approvals }))
    }
}
