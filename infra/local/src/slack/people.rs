//! Filling the workspace with people, channels and user groups.

use super::Slack;
use super::state::{Channel, Group, User};
use crate::stand_in::locked;

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    name: String,
    email: String,
    deactivated: bool,
    guest: bool,
    bot: bool,
    admin: bool,
    team: Option<String>,
}

impl NewUser {
    /// A full member of the workspace.
    pub fn new(name: &str, email: &str) -> Self {
        let (name, email) = (name.to_owned(), email.to_owned());
        Self { name, email, deactivated: false, guest: false, bot: false, admin: false, team: None }
    }

    /// Deactivates the account.
    pub fn deactivated(mut self) -> Self {
        self.deactivated = true;
        self
    }

    /// Makes the person a guest.
    pub fn guest(mut self) -> Self {
        self.guest = true;
        self
    }

    /// Makes it an app's account.
    pub fn bot(mut self) -> Self {
        self.bot = true;
        self
    }

    /// Makes the person an admin of the workspace.
    pub fn admin(mut self) -> Self {
        self.admin = true;
        self
    }

    /// Moves the person to another workspace, from which they come through Slack Connect.
    pub fn of_team(mut self, team_id: &str) -> Self {
        self.team = Some(team_id.to_owned());
        self
    }
}

/// A channel to be added.
#[derive(Clone, Debug)]
pub struct NewChannel {
    name: String,
    private: bool,
    app_is_member: bool,
    archived: bool,
    members: Option<Vec<String>>,
}

impl NewChannel {
    /// A public channel (`deploys` or `#deploys`) that the app was added to, and everyone is in.
    pub fn new(name: &str) -> Self {
        let name = name.strip_prefix('#').unwrap_or(name).to_owned();
        Self { name, private: false, app_is_member: true, archived: false, members: None }
    }

    /// Makes the channel private: only its members see it.
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Leaves the app out of the channel.
    pub fn without_app(mut self) -> Self {
        self.app_is_member = false;
        self
    }

    /// Archives the channel.
    pub fn archived(mut self) -> Self {
        self.archived = true;
        self
    }

    /// Makes these people the only members of the channel.
    pub fn members(mut self, ids: &[&str]) -> Self {
        self.members = Some(ids.iter().map(|id| (*id).to_owned()).collect());
        self
    }
}

impl Slack {
    /// Adds a person; returns their id. Whoever has the e-mail address already is changed instead.
    pub fn add_user(&self, new: NewUser) -> String {
        let mut workspace = locked(&self.shared.state);
        let known = workspace.user_by_email(&new.email).map(|user| user.id.clone());
        let id = known.unwrap_or_else(|| workspace.id('U'));
        let user = User {
            id: id.clone(),
            team: new.team.unwrap_or_else(|| self.shared.own.app.team_id.clone()),
            username: new.email.split('@').next().unwrap_or_default().to_owned(),
            name: new.name,
            email: new.email,
            deactivated: new.deactivated,
            guest: new.guest,
            bot: new.bot,
            admin: new.admin,
        };
        workspace.users.insert(id.clone(), user);
        id
    }

    /// Deactivates an account, as an administrator does when someone leaves.
    pub fn deactivate(&self, user: &str) {
        if let Some(user) = locked(&self.shared.state).users.get_mut(user) {
            user.deactivated = true;
        }
    }

    /// Makes a member a guest, as an administrator does.
    pub fn make_guest(&self, user: &str) {
        if let Some(user) = locked(&self.shared.state).users.get_mut(user) {
            user.guest = true;
        }
    }

    /// Adds a channel; returns its id. A channel that has the name already is changed instead, and keeps its
    /// messages.
    pub fn add_channel(&self, new: NewChannel) -> String {
        let mut workspace = locked(&self.shared.state);
        let known = workspace.channel(&new.name).cloned();
        let id = known.as_ref().map(|channel| channel.id.clone()).unwrap_or_else(|| workspace.id('C'));
        let (messages, tombstones) =
            known.map(|channel| (channel.messages, channel.tombstones)).unwrap_or_default();
        let channel = Channel {
            id: id.clone(),
            name: new.name,
            private: new.private,
            app_is_member: new.app_is_member,
            archived: new.archived,
            members: new.members,
            left: Vec::new(),
            direct: None,
            messages,
            tombstones,
        };
        workspace.channels.insert(id.clone(), channel);
        id
    }

    /// Takes a person out of a channel, given by its name or id.
    pub fn leave(&self, channel: &str, user: &str) {
        self.change(channel, |channel| channel.left.push(user.to_owned()));
    }

    /// Puts a person into a channel, given by its name or id.
    pub fn join(&self, channel: &str, user: &str) {
        self.change(channel, |channel| {
            channel.left.retain(|left| left != user);
            if let Some(members) =
                channel.members.as_mut().filter(|members| !members.iter().any(|id| id == user))
            {
                members.push(user.to_owned());
            }
        });
    }

    fn change(&self, channel: &str, change: impl FnOnce(&mut Channel)) {
        let mut workspace = locked(&self.shared.state);
        let id = workspace.channel(channel).map(|channel| channel.id.clone());
        if let Some(channel) = id.and_then(|id| workspace.channels.get_mut(&id)) {
            change(channel);
        }
    }

    /// Adds a user group by its handle (with or without `@`); returns its id. A group that has the handle
    /// already gets these members instead.
    pub fn add_usergroup(&self, handle: &str, members: &[&str]) -> String {
        let handle = handle.strip_prefix('@').unwrap_or(handle);
        let mut workspace = locked(&self.shared.state);
        let known =
            workspace.groups.values().find(|group| group.handle == handle).map(|group| group.id.clone());
        let id = known.unwrap_or_else(|| workspace.id('S'));
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        let group = Group { id: id.clone(), handle: handle.to_owned(), members, disabled: false };
        workspace.groups.insert(id.clone(), group);
        id
    }

    /// Changes who is in a user group, given by its handle (with or without `@`).
    pub fn set_group_members(&self, handle: &str, members: Vec<String>) {
        let handle = handle.strip_prefix('@').unwrap_or(handle);
        let mut workspace = locked(&self.shared.state);
        if let Some(group) = workspace.groups.values_mut().find(|group| group.handle == handle) {
            group.members = members;
        }
    }

    /// Disables a user group.
    pub fn disable_usergroup(&self, id: &str) {
        if let Some(group) = locked(&self.shared.state).groups.get_mut(id) {
            group.disabled = true;
        }
    }
}
