//! Requests of clicks and windows, read from what Signoff itself put into the button or the window.

use jiff::Timestamp;
use signoff_core::approval::{ApprovalAction, ApprovalRequest};
use signoff_core::facts::Thumb;
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::message;
use signoff_core::people::Handle;
use signoff_core::run::Resolution;
use signoff_providers::slack::parse::{Click, Submission};
use signoff_voting::Answer;

/// Request of a click on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Something about an approval.
    Approval(ApprovalRequest),
    /// To say what became of a step.
    Step {
        /// The answer.
        answer: Answer,
        /// True if the message stands outside the thread of the step's approval.
        is_elsewhere: bool,
    },
    /// To say whether an account is one's own.
    Account(Owned),
    /// To have the rules of a deploy evaluated again.
    Evaluation(Evaluation),
    /// To have a closed approval asked again.
    Again(Again),
}

/// A request to have a closed approval asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Again {
    /// The deploy.
    pub(crate) deploy: DeployId,
    /// The approval.
    pub(crate) approval: ApprovalId,
    /// Time at which the option was chosen, by Slack's clock.
    pub(crate) at: Timestamp,
}

/// A request to have the rules of a deploy evaluated again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evaluation {
    /// The deploy.
    pub(crate) deploy: DeployId,
    /// The team id whose members may ask for it.
    pub(crate) workspace: String,
}

/// An answer to the question whether a git account or an e-mail address is one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    /// The account or the address.
    pub(crate) handle: Handle,
    /// The version of its entry that the question was about.
    pub(crate) version: u64,
    /// The answer.
    pub(crate) is_mine: bool,
}

/// Request of `click`; `None`: Signoff makes no such button.
pub(crate) fn asked(click: &Click) -> Option<Asked> {
    let at = slack_time(&click.action_ts)?;
    let value = click.value.as_str();
    let (action, value) = match click.action_id.as_str() {
        message::APPROVE => (ApprovalAction::Approve, value),
        message::REJECT => (ApprovalAction::Reject, value),
        message::UNDO => (ApprovalAction::Undo, value),
        message::REVIEW => (ApprovalAction::Review, value),
        message::MORE => match value.split_once(' ')? {
            (message::WITHDRAW, rest) => (ApprovalAction::Withdraw, rest),
            (message::CANCEL, rest) => (ApprovalAction::Cancel, rest),
            (message::LIFT_FREEZE, rest) => (ApprovalAction::LiftFreeze, rest),
            (message::BREAK_GLASS, rest) => (ApprovalAction::BreakGlass, rest),
            (message::ASK_AGAIN, rest) => return again(rest, at),
            _ => return None,
        },
        message::ACCOUNT_IS_MINE => return account(value, true),
        message::ACCOUNT_IS_NOT_MINE => return account(value, false),
        message::EVALUATE_AGAIN => return evaluation(value),
        message::RETRY => return step(value, Resolution::Retry),
        message::SKIP => return step(value, Resolution::Skip),
        message::MARK_AS_DONE => return step(value, Resolution::MarkAsDone),
        _ => return None,
    };
    let [deploy, approval, subject] = parts(value)?;
    (is_id(deploy) && is_id(approval)).then(|| {
        Asked::Approval(ApprovalRequest {
            deploy: DeployId::from_text(deploy),
            approval: ApprovalId::from_text(approval),
            subject: subject.to_owned(),
            action,
            at,
        })
    })
}

/// Request of a window that was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Submitted {
    /// Something about an approval.
    Approval(ApprovalRequest),
    /// To skip a step.
    Skip(Answer),
}

/// Request of a window, and the reason typed into it; `None`: Signoff opens no such window.
pub(crate) fn submitted(submission: &Submission) -> Option<(Submitted, String)> {
    let carried = submission.private_metadata.as_str();
    let reason = submission.values.get(message::REASON)?.trim().to_owned();
    let submitted = match submission.callback_id.as_str() {
        message::ASKED => {
            let request: ApprovalRequest = serde_json::from_str(carried).ok()?;
            (is_id(request.deploy.as_str()) && is_id(request.approval.as_str()))
                .then_some(Submitted::Approval(request))
        }
        message::SKIPPED => {
            let answer: Answer = serde_json::from_str(carried).ok()?;
            let is_skip = answer.resolution == Resolution::Skip;
            let has_ids = is_id(answer.deploy.as_str()) && is_id(answer.run.as_str());
            (is_skip && has_ids).then_some(Submitted::Skip(answer))
        }
        _ => None,
    };
    Some((submitted?, reason))
}

fn account(value: &str, is_mine: bool) -> Option<Asked> {
    let [version, handle] = parts(value)?;
    let (handle, version) = (Handle::parse(handle)?, version.parse().ok()?);
    Some(Asked::Account(Owned { handle, version, is_mine }))
}

fn step(value: &str, resolution: Resolution) -> Option<Asked> {
    let (value, is_elsewhere) = match value.rsplit_once(' ') {
        Some((rest, message::ELSEWHERE)) => (rest, true),
        Some(_) | None => (value, false),
    };
    let [deploy, run, step, failed_at, workspace] = parts(value)?;
    (is_id(deploy) && is_id(run)).then_some(())?;
    let answer = Answer {
        deploy: DeployId::from_text(deploy),
        run: RunId::from_text(run),
        step: step.parse().ok()?,
        failed_at: Timestamp::from_microsecond(failed_at.parse().ok()?).ok()?,
        workspace: workspace.to_owned(),
        resolution,
    };
    Some(Asked::Step { answer, is_elsewhere })
}

fn again(value: &str, at: Timestamp) -> Option<Asked> {
    let [deploy, approval, _] = parts(value)?;
    (is_id(deploy) && is_id(approval)).then(|| {
        let (deploy, approval) = (DeployId::from_text(deploy), ApprovalId::from_text(approval));
        Asked::Again(Again { deploy, approval, at })
    })
}

fn evaluation(value: &str) -> Option<Asked> {
    let [deploy, workspace] = parts(value)?;
    is_id(deploy).then(|| {
        let (deploy, workspace) = (DeployId::from_text(deploy), workspace.to_owned());
        Asked::Evaluation(Evaluation { deploy, workspace })
    })
}

fn parts<const COUNT: usize>(value: &str) -> Option<[&str; COUNT]> {
    value.split(' ').collect::<Vec<_>>().try_into().ok()
}

/// True if `text` may be an id: a deploy's has four digits more than the others.
fn is_id(text: &str) -> bool {
    matches!(text.len(), 20 | 24) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A time as Slack writes it, `1795430580.345678`.
fn slack_time(text: &str) -> Option<Timestamp> {
    let (seconds, micros) = text.split_once('.')?;
    let micros: i32 = micros.get(..6).unwrap_or(micros).parse().ok()?;
    Timestamp::new(seconds.parse().ok()?, micros.checked_mul(1000)?).ok()
}

/// The reaction that an emoji's name stands for, where it is one that counts.
pub(crate) fn thumb(name: &str) -> Option<Thumb> {
    match name {
        "+1" | "thumbsup" => Some(Thumb::Plus1),
        "-1" | "thumbsdown" => Some(Thumb::Minus1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_providers::slack::parse::ClickUser;

    fn click(action_id: &str, value: &str) -> Click {
        Click {
            user: ClickUser { id: "U1".into(), name: "ana".into(), team_id: "T1".into() },
            team_id: "T1".into(),
            channel_id: "C1".into(),
            message_ts: "1.000001".into(),
            action_id: action_id.into(),
            value: value.into(),
            action_ts: "1795430580.345678".into(),
            trigger_id: String::new(),
        }
    }

    #[test]
    fn only_buttons_that_signoff_makes_ask_for_something() {
        let (d, a) = ("0123456789abcdef01234567", "aaaaaaaaaaaaaaaaaaaa");
        let approval = format!("{d} {a} 0123456789");
        for (action, value, understood) in [
            ("approve", approval.clone(), true),
            ("reject", approval.clone(), true),
            ("undo", approval.clone(), true),
            ("more", format!("withdraw {approval}"), true),
            ("more", format!("cancel {approval}"), true),
            ("more", format!("lift_freeze {approval}"), true),
            ("more", format!("break_glass {approval}"), true),
            ("review", approval.clone(), true),
            ("more", format!("ask_again {approval}"), true),
            ("more", format!("ask_again {d}"), false),
            ("ask_again", approval.clone(), false),
            ("more", format!("delete {approval}"), false),
            ("more", approval.clone(), false),
            ("approve", format!("{d} {a}"), false),
            ("approve", format!("{approval} more"), false),
            ("approve", format!("{d} ../../x 0123456789"), false),
            ("retry", format!("{d} {a} 2 1795430580345678 T1"), true),
            ("mark_as_done", format!("{d} {a} 2 1795430580345678 T1"), true),
            ("skip_step", format!("{d} {a} 2 1795430580345678 T1"), true),
            ("skip_step", format!("{d} {a} 2 1795430580345678 T1 elsewhere"), true),
            ("skip_step", format!("{d} {a} 2 1795430580345678 T1 more"), false),
            ("skip_step", approval.clone(), false),
            ("retry", format!("{d} {a} -2 1795430580345678 T1"), false),
            ("retry", format!("{d} {a} 2 99999999999999999999 T1"), false),
            ("retry", approval.clone(), false),
            ("account_is_mine", "3 github:583231".to_owned(), true),
            ("account_is_not_mine", "3 ana@acme.example".to_owned(), true),
            ("account_is_mine", "-3 github:583231".to_owned(), false),
            ("account_is_mine", "3 github:0".to_owned(), false),
            ("account_is_mine", "github:583231".to_owned(), false),
            ("evaluate_again", format!("{d} T1"), true),
            ("evaluate_again", d.to_owned(), false),
            ("evaluate_again", "../../x T1".to_owned(), false),
            ("other", approval, false),
            ("approve", String::new(), false),
        ] {
            assert_eq!(asked(&click(action, &value)).is_some(), understood, "{action} {value}");
        }
    }

    #[test]
    fn a_window_brings_back_what_it_carried() {
        let request = ApprovalRequest {
            deploy: DeployId::from_text("0123456789abcdef0123"),
            approval: ApprovalId::from_text("aaaaaaaaaaaaaaaaaaaa"),
            subject: "0123456789".into(),
            action: ApprovalAction::Reject,
            at: Timestamp::UNIX_EPOCH,
        };
        let submission = |callback: &str, carried: &str| Submission {
            user: click("", "").user,
            team_id: "T1".into(),
            view_id: "V1".into(),
            callback_id: callback.into(),
            private_metadata: carried.into(),
            values: [("reason".to_owned(), " too risky ".to_owned())].into(),
        };
        let carried = serde_json::to_string(&request).unwrap();
        let expected = (Submitted::Approval(request), "too risky".to_owned());
        assert_eq!(submitted(&submission("reason", &carried)), Some(expected));
        let skip = |resolution| Answer {
            deploy: DeployId::from_text("0123456789abcdef0123"),
            run: RunId::from_text("aaaaaaaaaaaaaaaaaaaa"),
            step: 2,
            failed_at: Timestamp::UNIX_EPOCH,
            workspace: "T1".into(),
            resolution,
        };
        let answered =
            |answer: &Answer| submitted(&submission("skip_step", &serde_json::to_string(answer).unwrap()));
        let expected = (Submitted::Skip(skip(Resolution::Skip)), "too risky".to_owned());
        assert_eq!(answered(&skip(Resolution::Skip)), Some(expected));
        assert_eq!(answered(&skip(Resolution::Retry)), None, "only a skip has a window");
        assert_eq!(submitted(&submission("skip_step", &carried)), None);
        assert_eq!(submitted(&submission("other", &carried)), None);
        assert_eq!(submitted(&submission("reason", "{}")), None);
    }
}
