//! `users.*`, `usergroups.*` and `auth.test`: <https://docs.slack.dev/reference/methods?family=users>

use super::Shared;
use super::api::{Arguments, Outcome};
use super::state::{Group, User};
use crate::stand_in::locked;
use serde_json::{Map, Value, json};

/// `auth.test`
pub fn auth_test(shared: &Shared, _: &Arguments) -> Outcome {
    let app = &shared.own.app;
    Ok(json!({
        "url": format!("https://{}.slack.com/", app.team_domain),
        "team": app.team_domain,
        "user": app.name.to_lowercase(),
        "team_id": app.team_id,
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": false,
    }))
}

/// `users.info`
pub fn info(shared: &Shared, arguments: &Arguments) -> Outcome {
    let id = arguments.required("user")?;
    let workspace = locked(&shared.state);
    let user = workspace.users.get(&id).ok_or("user_not_found")?;
    let mut json = json(user);
    // Of another workspace, and in no channel that the app can see.
    let shares_a_channel = workspace.channels.values().any(|one| one.app_is_member && one.has(&id));
    json["is_stranger"] = json!(user.team != shared.own.app.team_id && !shares_a_channel);
    Ok(json!({"user": json}))
}

/// `users.lookupByEmail`: active people of this workspace only.
pub fn lookup_by_email(shared: &Shared, arguments: &Arguments) -> Outcome {
    let email = arguments.required("email")?;
    let workspace = locked(&shared.state);
    let found = workspace.user_by_email(&email);
    let user = found.filter(|user| !user.deactivated && user.team == shared.own.app.team_id);
    Ok(json!({"user": json(user.ok_or("users_not_found")?)}))
}

/// `usergroups.list`
pub fn groups(shared: &Shared, arguments: &Arguments) -> Outcome {
    let workspace = locked(&shared.state);
    let (disabled, users) = (arguments.flag("include_disabled"), arguments.flag("include_users"));
    let shown = workspace.groups.values().filter(|group| disabled || !group.disabled);
    let groups: Vec<Value> = shown.map(|group| group_json(group, &shared.own.app.team_id, users)).collect();
    Ok(json!({"usergroups": groups}))
}

/// `usergroups.users.list`
pub fn group_members(shared: &Shared, arguments: &Arguments) -> Outcome {
    let id = arguments.required("usergroup")?;
    let workspace = locked(&shared.state);
    let found =
        workspace.groups.get(&id).filter(|group| !group.disabled || arguments.flag("include_disabled"));
    Ok(json!({"users": found.ok_or("no_such_subteam")?.members}))
}

fn group_json(group: &Group, team: &str, with_users: bool) -> Value {
    let mut json = json!({
        "id": group.id,
        "team_id": team,
        "is_usergroup": true,
        "is_subteam": true,
        "name": group.handle,
        "description": "",
        "handle": group.handle,
        "is_external": false,
        "date_create": 1_767_225_600,
        "date_update": 1_767_225_600,
        "date_delete": if group.disabled { 1_767_225_600 } else { 0 },
        "auto_type": null,
        "prefs": {"channels": [], "groups": []},
        "user_count": group.members.len(),
    });
    if let (true, Value::Object(map)) = (with_users, &mut json) {
        map.insert("users".to_owned(), json!(group.members));
    }
    json
}

/// A user object: <https://docs.slack.dev/reference/objects/user-object>
fn json(user: &User) -> Value {
    let profile = json!({
        "real_name": user.name,
        "real_name_normalized": user.name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "email": user.email,
        "team": user.team,
    });
    let mut map = Map::new();
    for (key, value) in [
        ("id", json!(user.id)),
        ("team_id", json!(user.team)),
        ("name", json!(user.username)),
        ("deleted", json!(user.deactivated)),
        ("real_name", json!(user.name)),
        ("tz", json!("Etc/UTC")),
        ("tz_label", json!("Coordinated Universal Time")),
        ("tz_offset", json!(0)),
        ("profile", profile),
        ("is_bot", json!(user.bot)),
        ("is_app_user", json!(false)),
        ("updated", json!(1_767_225_600)),
    ] {
        map.insert(key.to_owned(), value);
    }
    // Slack leaves these out of a deactivated account.
    if !user.deactivated {
        for (key, value) in [
            ("is_admin", user.admin),
            ("is_owner", false),
            ("is_restricted", user.guest),
            ("is_ultra_restricted", false),
        ] {
            map.insert(key.to_owned(), json!(value));
        }
    }
    Value::Object(map)
}
