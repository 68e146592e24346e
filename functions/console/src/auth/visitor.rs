//! Visitors, and the access that they have.

pub(crate) use crate::address::access::Access;

use maud::{Markup, html};
use signoff_runtime::api_keys::Holder;
use signoff_store::{Actor, Scope};

/// Sender of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    pub(crate) who: Who,
    /// Token that each form of this session carries, so that no other site's page can send one. `None`: a
    /// program, which has no session that could be misused.
    pub(crate) form_token: Option<String>,
}

/// A person or a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Somebody who signed in with Slack.
    Person(Member),
    /// Whoever has this API key.
    Key(KeyHolder),
}

/// A member of the Slack workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The Slack user id.
    pub(crate) id: String,
    /// The display name.
    pub(crate) name: String,
    pub(crate) is_admin: bool,
}

/// Holder of an API key, with what the key is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyHolder {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    pub(crate) reads: bool,
    pub(crate) is_admin: bool,
}

impl KeyHolder {
    /// Whoever shows a key that is good for something.
    pub(crate) fn of(holder: Holder) -> Self {
        let (reads, is_admin) = (holder.may(Scope::Read), holder.may(Scope::Admin));
        let Actor { id, name } = holder.key;
        Self { id, name, reads, is_admin }
    }
}

impl Visitor {
    /// True if they may make requests that need `access`.
    pub(crate) fn may(&self, access: Access) -> bool {
        match (access, &self.who) {
            (Access::Anyone, _) | (Access::Viewer | Access::Reader | Access::Member, Who::Person(_)) => true,
            (Access::Reader, Who::Key(key)) => key.reads || key.is_admin,
            (Access::Member | Access::AdminPerson, Who::Key(_)) => false,
            (Access::Admin | Access::AdminPerson, Who::Person(member)) => member.is_admin,
            (Access::Viewer | Access::Admin, Who::Key(key)) => key.is_admin,
        }
    }

    /// The same visitor as no admin.
    pub(crate) fn without_admin(mut self) -> Self {
        match &mut self.who {
            Who::Person(member) => member.is_admin = false,
            Who::Key(key) => key.is_admin = false,
        }
        self
    }

    /// Their name.
    pub(crate) fn name(&self) -> &str {
        match &self.who {
            Who::Person(member) => &member.name,
            Who::Key(key) => &key.name,
        }
    }

    /// Their id and name, for the record.
    pub(crate) fn actor(&self) -> Actor {
        let id = match &self.who {
            Who::Person(member) => &member.id,
            Who::Key(key) => &key.id,
        };
        Actor { id: id.clone(), name: self.name().to_owned() }
    }

    /// The hidden field that each of their forms needs.
    pub(crate) fn form_token(&self) -> Markup {
        html! {
            @if let Some(token) = &self.form_token { input type="hidden" name="token" value=(token); }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_what() {
        let visitor = |who| Visitor { who, form_token: None };
        let member =
            |is_admin| visitor(Who::Person(Member { id: "U1".into(), name: "Ana".into(), is_admin }));
        let key = |reads, is_admin| {
            let (id, name) = ("k1".into(), "ci".into());
            visitor(Who::Key(KeyHolder { id, name, reads, is_admin }))
        };
        for (visitor, allowed) in [
            (member(false), [true, true, true, true, false, false]),
            (member(true), [true, true, true, true, true, true]),
            (key(false, false), [true, false, false, false, false, false]),
            (key(true, false), [true, false, true, false, false, false]),
            (key(false, true), [true, true, true, false, true, false]),
            (key(true, true), [true, true, true, false, true, false]),
        ] {
            let access = [
                Access::Anyone,
                Access::Viewer,
                Access::Reader,
                Access::Member,
                Access::Admin,
                Access::AdminPerson,
            ];
            assert_eq!(access.map(|access| visitor.may(access)), allowed, "{visitor:?}");
            assert!(!visitor.without_admin().may(Access::Admin));
        }
    }
}
