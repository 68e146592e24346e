//! Fields: a label, what it means, the control, and what is wrong, all of which a screen reader says together.

use crate::wizard::{Form, label_of, name_of};
use maud::{Markup, html};
use rules::write::{Field, FieldProblem};

/// What fields need to know of the form.
pub(super) struct Fields<'a> {
    pub(super) form: &'a Form,
    pub(super) problems: &'a [FieldProblem],
}

/// What a control needs.
pub(super) struct Control<'a> {
    pub(super) id: &'static str,
    pub(super) value: &'a str,
    /// The elements that describe it.
    pub(super) described_by: String,
    /// `true` where something is wrong.
    pub(super) invalid: Option<&'static str>,
}

impl Fields<'_> {
    /// A field with a control of its own.
    pub(super) fn field(
        &self,
        field: Field,
        hint: &Markup,
        control: impl Fn(&Control<'_>) -> Markup,
    ) -> Markup {
        let id = name_of(field);
        let problems: Vec<_> = self.problems.iter().filter(|problem| problem.field == field).collect();
        let error = if problems.is_empty() { String::new() } else { format!(" {id}-error") };
        let value =
            self.form.values().into_iter().find(|(name, _)| *name == id).map_or("", |(_, value)| value);
        let control = control(&Control {
            id,
            value,
            described_by: format!("{id}-hint{error}"),
            invalid: (!problems.is_empty()).then_some("true"),
        });
        html! {
            div.field {
                label for=(id) { (label_of(field)) }
                p.meta id={ (id) "-hint" } { (hint) }
                (control)
                @if !problems.is_empty() {
                    div.error id={ (id) "-error" } { @for problem in &problems { p { (sentence(problem)) } } }
                }
            }
        }
    }

    /// A field of one line.
    pub(super) fn line(&self, field: Field, hint: &Markup) -> Markup {
        self.field(field, hint, |control| {
            html! {
                input type="text" id=(control.id) name=(control.id) value=(control.value) maxlength="1000" autocomplete="off"
                    aria-describedby=(control.described_by) aria-invalid=[control.invalid];
            }
        })
    }

    /// A field of several lines.
    pub(super) fn lines(&self, field: Field, hint: &Markup) -> Markup {
        self.field(field, hint, |control| {
            html! {
                textarea id=(control.id) name=(control.id) rows="3" maxlength="3000" aria-describedby=(control.described_by)
                    aria-invalid=[control.invalid] { "\n" (control.value) }
            }
        })
    }

    /// A Slack channel, with those that there are. `search`: where the script finds others.
    pub(super) fn channel(&self, field: Field, hint: &Markup, search: &str) -> Markup {
        self.field(field, hint, |control| {
            html! {
                input type="text" id=(control.id) name=(control.id) value=(control.value) maxlength="100" autocomplete="off" list="channels"
                    data-search=(search) spellcheck="false" aria-describedby=(control.described_by)
                    aria-invalid=[control.invalid];
            }
        })
    }

    /// A choice of these values, each with what it is called.
    pub(super) fn choice(
        &self,
        field: Field,
        hint: &Markup,
        options: &[(&str, &str)],
        chosen: &str,
    ) -> Markup {
        self.field(field, hint, |control| {
            html! {
                select id=(control.id) name=(control.id) aria-describedby=(control.described_by) aria-invalid=[control.invalid] {
                    @for (value, name) in options { option value=(value) selected[*value == chosen] { (name) } }
                }
            }
        })
    }

    /// What is wrong, with the way to each field. It is read first.
    pub(super) fn summary(&self) -> Markup {
        let fields = match self.problems {
            [_] => "One thing needs".to_owned(),
            problems => format!("{} things need", problems.len()),
        };
        html! {
            @if !self.problems.is_empty() {
                div.notice.problem role="alert" tabindex="-1" autofocus {
                    h2 { (fields) " another look" }
                    ul {
                        @for problem in self.problems {
                            li { a href={ "#" (name_of(problem.field)) } { (label_of(problem.field)) } ": " (sentence(problem)) }
                        }
                    }
                }
            }
        }
    }
}

/// A problem as a sentence.
fn sentence(problem: &FieldProblem) -> String {
    let text = problem.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The channels that a field offers.
pub(crate) fn channel_list(channels: &[String]) -> Markup {
    html! { datalist #channels { @for channel in channels { option value={ "#" (channel) } {} } } }
}
