//! Accounts, identities and signatures, as GitHub's two APIs tell them.

use super::wire;
use signoff_core::range::{Account, Identity, Signature};

/// The account that GitHub itself commits by. Only its own key makes a valid signature of it.
const HOST: &str = "web-flow";
/// The end of an app's account name in the REST API, and in addresses.
const BOT: &str = "[bot]";
/// The reasons with which the REST API says that it could not judge a signature, and GraphQL's further ones.
const NO_VERDICT: [&str; 4] = ["gpgverify_error", "gpgverify_unavailable", "ocsp_error", "ocsp_pending"];

/// An account of the REST API; `None` for one that is gone.
pub(super) fn account(account: Option<&wire::Account>) -> Option<Account> {
    let account = account?;
    let (id, login) = (account.id?, account.login.as_deref()?);
    Some(Account::on_github(id, login, account.kind.as_deref() == Some("Bot")))
}

/// An account of the GraphQL API, in the REST API's spelling; `None` for one that is gone.
pub(super) fn actor(actor: Option<&wire::Actor>) -> Option<Account> {
    let actor = actor?;
    let id = actor.database_id?;
    let is_bot = actor.kind.as_deref() == Some("Bot");
    let suffix = if is_bot && !actor.login.ends_with(BOT) { BOT } else { "" };
    Some(Account::on_github(id, &format!("{}{suffix}", actor.login), is_bot))
}

/// The account of somebody whom git names: the one that GitHub finds for the address, or the app that the
/// address names.
pub(super) fn git_account(person: &wire::GitActor) -> Option<Account> {
    actor(person.user.as_ref()).or_else(|| bot_of(person.email.as_deref()?))
}

/// True if GitHub itself commits with this account.
pub(super) fn is_host(account: &Account) -> bool {
    account.login == HOST
}

/// Somebody who signed in and did something.
pub(super) fn acted(account: Account) -> Identity {
    Identity { name: account.login.clone(), email: None, account: Some(account), vouched: true }
}

/// Somebody whom git names, with the account that GitHub finds for the address. Of apps, GraphQL finds none:
/// then it follows from the address, as GitHub's own pages have it. `signature` vouches for its signer.
pub(super) fn named(
    name: Option<&str>,
    email: Option<&str>,
    account: Option<Account>,
    signature: &Signature,
) -> Identity {
    let some = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let (name, email) = (some(name), some(email));
    let account = account.or_else(|| bot_of(email.as_deref()?));
    let vouched = match (signature, &account) {
        (Signature::Valid(signer), Some(account)) => signer.id == account.id,
        (
            Signature::Valid(_)
            | Signature::Unsigned
            | Signature::Host
            | Signature::Invalid(_)
            | Signature::Unknown(_),
            _,
        ) => false,
    };
    let name =
        name.or_else(|| account.as_ref().map(|account| account.login.clone())).or_else(|| email.clone());
    Identity { name: name.unwrap_or_default(), email, account, vouched }
}

/// The app whose address this is: `49699333+dependabot[bot]@users.noreply.github.com`.
fn bot_of(email: &str) -> Option<Account> {
    Account::of_noreply(email).filter(|account| account.is_bot)
}

/// The signature of a commit of the REST API. A valid one is the committer's: GitHub verifies that the key's
/// owner holds the committer's address. See
/// <https://docs.github.com/authentication/managing-commit-signature-verification/about-commit-signature-verification>.
pub(super) fn verified(verification: Option<&wire::Verification>, committer: Option<&Account>) -> Signature {
    let Some(verification) = verification else {
        return Signature::Unknown("not told".to_owned());
    };
    match (verification.verified, committer) {
        (true, Some(committer)) if committer.login == HOST => Signature::Host,
        (true, Some(committer)) => Signature::Valid(committer.clone()),
        (true, None) => Signature::Invalid("no_user".to_owned()),
        (false, _) => unverified(&verification.reason),
    }
}

/// The signature of a commit of the GraphQL API.
pub(super) fn signed(signature: Option<&wire::GraphSignature>) -> Signature {
    let Some(signature) = signature else { return Signature::Unsigned };
    match (signature.is_valid, signature.was_signed_by_github, actor(signature.signer.as_ref())) {
        (true, true, _) => Signature::Host,
        (true, false, Some(signer)) => Signature::Valid(signer),
        (true, false, None) => Signature::Invalid("no_user".to_owned()),
        (false, _, _) => unverified(&signature.state.to_lowercase()),
    }
}

fn unverified(reason: &str) -> Signature {
    match reason {
        "unsigned" => Signature::Unsigned,
        _ if NO_VERDICT.contains(&reason) => Signature::Unknown(reason.to_owned()),
        _ => Signature::Invalid(reason.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> Account {
        Account { id: 7, login: "ana".to_owned(), is_bot: false }
    }

    #[test]
    fn a_signature_is_judged_by_reason_and_committer() {
        let host = Account { login: HOST.to_owned(), ..ana() };
        for (verified_by_host, reason, committer, expected) in [
            (true, "valid", Some(ana()), Signature::Valid(ana())),
            (true, "valid", Some(host.clone()), Signature::Host),
            (true, "valid", None, Signature::Invalid("no_user".to_owned())),
            (false, "unsigned", Some(host), Signature::Unsigned),
            (false, "unknown_key", Some(ana()), Signature::Invalid("unknown_key".to_owned())),
            (
                false,
                "gpgverify_unavailable",
                Some(ana()),
                Signature::Unknown("gpgverify_unavailable".to_owned()),
            ),
            (false, "gpgverify_error", None, Signature::Unknown("gpgverify_error".to_owned())),
        ] {
            let verification = wire::Verification { verified: verified_by_host, reason: reason.to_owned() };
            assert_eq!(verified(Some(&verification), committer.as_ref()), expected, "{reason}");
        }
        assert!(matches!(verified(None, Some(&ana())), Signature::Unknown(_)));
    }

    #[test]
    fn a_signature_of_graphql_names_its_signer() {
        let signer = || wire::Actor { login: "ana".to_owned(), kind: None, database_id: Some(7) };
        for (is_valid, was_signed_by_github, state, signer, expected) in [
            (true, false, "VALID", Some(signer()), Signature::Valid(ana())),
            (true, true, "VALID", None, Signature::Host),
            (true, false, "VALID", None, Signature::Invalid("no_user".to_owned())),
            (false, true, "UNKNOWN_KEY", Some(signer()), Signature::Invalid("unknown_key".to_owned())),
            (false, false, "GPGVERIFY_ERROR", None, Signature::Unknown("gpgverify_error".to_owned())),
            (false, false, "OCSP_PENDING", None, Signature::Unknown("ocsp_pending".to_owned())),
        ] {
            let signature =
                wire::GraphSignature { is_valid, state: state.to_owned(), was_signed_by_github, signer };
            assert_eq!(signed(Some(&signature)), expected, "{state}");
        }
        assert_eq!(signed(None), Signature::Unsigned);
    }

    #[test]
    fn an_account_is_vouched_for_by_its_own_signature_alone() {
        let other = Account { id: 8, ..ana() };
        for (signature, expected) in [
            (Signature::Valid(ana()), true),
            (Signature::Valid(other), false),
            (Signature::Host, false),
            (Signature::Unsigned, false),
            (Signature::Invalid("bad_email".to_owned()), false),
        ] {
            let named = named(Some("Ana"), Some("ana@acme.test"), Some(ana()), &signature);
            assert_eq!(named.vouched, expected, "{signature:?}");
        }
        let nobody = named(Some(" "), Some("ana@acme.test"), None, &Signature::Valid(ana()));
        assert_eq!((nobody.name.as_str(), nobody.account, nobody.vouched), ("ana@acme.test", None, false));
    }

    #[test]
    fn an_app_is_found_by_its_address_and_a_person_is_not() {
        // Addresses of public commits.
        for (email, expected) in [
            ("49699333+dependabot[bot]@users.noreply.github.com", Some((49_699_333, "dependabot[bot]"))),
            ("198982749+Copilot@users.noreply.github.com", Some((198_982_749, "copilot-swe-agent[bot]"))),
            ("223556219+Copilot@users.noreply.github.com", Some((223_556_219, "Copilot"))),
            (
                "118344674+github-merge-queue@users.noreply.github.com",
                Some((118_344_674, "github-merge-queue[bot]")),
            ),
            // The number says which account it is.
            ("41898282+claude[bot]@users.noreply.github.com", Some((41_898_282, "github-actions[bot]"))),
            ("198982749+ana@users.noreply.github.com", Some((198_982_749, "copilot-swe-agent[bot]"))),
            // A number that is not known yet.
            ("5+Copilot@users.noreply.github.com", Some((5, "Copilot"))),
            ("1234567+ana@users.noreply.github.com", None),
            ("dependabot[bot]@users.noreply.github.com", None),
            ("49699333+dependabot[bot]@example.com", None),
        ] {
            let found = named(None, Some(email), None, &Signature::Unsigned).account;
            let found = found.as_ref().map(|bot| (bot.id, bot.login.as_str()));
            assert_eq!(found, expected, "{email}");
        }
    }

    #[test]
    fn a_bots_name_is_the_same_in_both_apis() {
        let rest = wire::Account {
            id: Some(5),
            login: Some("renovate[bot]".to_owned()),
            kind: Some("Bot".to_owned()),
        };
        let graph =
            wire::Actor { login: "renovate".to_owned(), kind: Some("Bot".to_owned()), database_id: Some(5) };
        assert_eq!(account(Some(&rest)), actor(Some(&graph)));
        assert_eq!(account(None), None);
        // The REST API has no `[bot]` here, and another name than GraphQL.
        let (id, kind) = (198_982_749, Some("Bot".to_owned()));
        let rest = wire::Account { id: Some(id), login: Some("Copilot".to_owned()), kind: kind.clone() };
        let graph = wire::Actor { login: "copilot-swe-agent".to_owned(), kind, database_id: Some(id) };
        assert_eq!(account(Some(&rest)), actor(Some(&graph)));
    }
}
