//! The change that is asked about: who made it, and what may come of the look at it meanwhile.

use crate::decided;
use crate::outside::OutsideWorld;
use crate::parts::Look;
use crate::scenario::{NOW, Scenario};
use signoff_core::action::{Action, ApprovalSpec};
use signoff_core::approval::{Electorate, Member};
use signoff_core::base::Base;
use signoff_core::deploy::Slug;
use signoff_core::range::Direction;
use signoff_core::shares::{Changes, Maker, Named, Share};
use std::collections::BTreeSet;

/// Looks at the change now.
pub fn look(outside: &OutsideWorld) -> Look {
    Look { moved: outside.base_moved, mended: outside.mended }
}

/// The base's revision at `look`; `None`: no range is judged.
pub fn base(scenario: &Scenario, look: Look) -> Option<String> {
    (!scenario.change.parts.is_empty()).then(|| if look.moved { "b" } else { "a" }.to_owned())
}

/// Those who may vote, as the core judges it from `look`.
pub fn electorate(scenario: &Scenario, look: Look) -> Electorate {
    if scenario.change.parts.is_empty() {
        return Electorate::anyone();
    }
    decided::electorate(&(scenario.change, look), || {
        let Action::SlackChannelApproval(spec) = scenario.asks() else { return Electorate::anyone() };
        judged(scenario, &spec, look)
    })
}

fn judged(scenario: &Scenario, spec: &ApprovalSpec, look: Look) -> Electorate {
    let parts = scenario.change.parts(look);
    let names: BTreeSet<&str> = parts.iter().copied().flatten().copied().collect();
    let index = |name: &&str| names.iter().position(|known| known == name);
    let share = |makers: &&[&str]| Share {
        makers: makers.iter().filter_map(index).collect(),
        commits: 1,
        pull_requests: 0,
        title: "a commit".to_owned(),
    };
    let is_missing = scenario.change.blocked && !look.mended;
    let changes = Changes {
        base: base(scenario, look).unwrap_or_default(),
        head: "7bf7226".to_owned(),
        direction: Direction::Forward,
        added: u32::try_from(parts.len()).unwrap_or(u32::MAX),
        removed: 0,
        held: None,
        makers: names.iter().map(|name| Maker { name: (*name).to_owned(), ..Maker::default() }).collect(),
        authors: Vec::new(),
        shares: parts.iter().map(share).collect(),
        unvouched: Named::default(),
        unverified: Named::default(),
        of_bots: Vec::new(),
        is_of_bots: false,
        files: Default::default(),
        started_by: Vec::new(),
        missing: is_missing.then(|| "the pushes were not read".to_owned()).into_iter().collect(),
        is_too_large: false,
        read_at: NOW,
    };
    let members: Vec<_> = names.iter().map(|name| Member::Found(vec![(*name).to_owned()])).collect();
    let Some(deployment) = Slug::new("acme", "checkout") else { return Electorate::anyone() };
    let base = Base::none(&deployment, "Production").after(&changes.base, true, NOW);
    Electorate::anyone().judging(spec, &base, Ok((&changes, &members)), NOW)
}
