//! Fields: a label, what it means, the control, and what is wrong, all of which a screen reader says
//! together.

use crate::view::cut;
use crate::wizard::{Form, Input, input_of};
use maud::{Markup, html};
use signoff_rules::write::{Field, FieldProblem};

/// Number of problems that are shown at a time.
const MOST_TOLD: usize = 12;
/// Largest size of a problem's sentence, in bytes of HTML: it may hold what was typed.
const LONGEST_SENTENCE: usize = 400;

/// Form and problems that its fields are drawn from.
pub(super) struct Fields<'a> {
    pub(super) form: &'a Form,
    problems: &'a [FieldProblem],
    /// Number of problems beside these.
    more: usize,
    /// The fields with a select that does not have their value, each with the input that has it.
    elsewhere: Vec<(Field, Input)>,
}

/// Attributes of a control.
pub(super) struct Control<'a> {
    pub(super) id: &'static str,
    pub(super) value: &'a str,
    /// The elements that describe it.
    pub(super) described_by: String,
    /// `true` where something is wrong.
    pub(super) invalid: Option<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of `form`, each problem beside the input that has what is wrong: `elsewhere` are the fields
    /// with a select that does not have their value, each with the input that has it.
    pub(super) fn new(form: &'a Form, problems: &'a [FieldProblem], elsewhere: Vec<(Field, Input)>) -> Self {
        let (told, more) = told(problems);
        Self { form, problems: told, more, elsewhere }
    }

    /// The input that has the field's value.
    fn input(&self, field: Field) -> Input {
        let other = self.elsewhere.iter().find(|(other, _)| *other == field);
        other.map_or_else(|| input_of(field), |(_, input)| *input)
    }

    /// A field with a control of its own.
    pub(super) fn field(
        &self,
        field: Field,
        hint: &Markup,
        control: impl Fn(&Control<'_>) -> Markup,
    ) -> Markup {
        let input = input_of(field);
        let values = self.form.values();
        let value = values.into_iter().find(|(name, _)| *name == input.name).map_or("", |(_, value)| value);
        self.shown(field, input, hint, value, control)
    }

    /// Input for a `value` that the select of `field` does not have.
    pub(super) fn other(
        &self,
        field: Field,
        input: Input,
        hint: &Markup,
        value: &str,
        longest: u32,
    ) -> Markup {
        let shown = self.shown(field, input, hint, value, |control| {
            html! {
                input type="text" id=(control.id) name=(control.id) value=(control.value) maxlength=(longest) autocomplete="off"
                    aria-describedby=(control.described_by) aria-invalid=[control.invalid];
            }
        });
        html! { div.other { (shown) } }
    }

    fn shown(
        &self,
        field: Field,
        input: Input,
        hint: &Markup,
        value: &str,
        control: impl Fn(&Control<'_>) -> Markup,
    ) -> Markup {
        let id = input.name;
        let is_here = self.input(field) == input;
        let problems: Vec<_> =
            self.problems.iter().filter(|problem| is_here && problem.field == field).collect();
        let error = if problems.is_empty() { String::new() } else { format!(" {id}-error") };
        let control = control(&Control {
            id,
            value,
            described_by: format!("{id}-hint{error}"),
            invalid: (!problems.is_empty()).then_some("true"),
        });
        html! {
            div.field {
                label for=(id) { (input.label) }
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

    /// List of the problems, with a link to each field. It is read first.
    pub(super) fn summary(&self) -> Markup {
        let fields = match self.problems.len() + self.more {
            1 => "One thing needs".to_owned(),
            problems => format!("{problems} things need"),
        };
        html! {
            @if !self.problems.is_empty() {
                div.notice.problem role="alert" tabindex="-1" autofocus {
                    h2 { (fields) " another look" }
                    ul {
                        @for problem in self.problems {
                            @let input = self.input(problem.field);
                            li { a href={ "#" (input.name) } { (input.label) } ": " (sentence(problem)) }
                        }
                        @if self.more > 0 { li { "The others are told once these are right." } }
                    }
                }
            }
        }
    }
}

/// The problems that are told, and how many there are beside them.
pub(super) fn told(problems: &[FieldProblem]) -> (&[FieldProblem], usize) {
    let (told, more) = problems.split_at(problems.len().min(MOST_TOLD));
    (told, more.len())
}

/// A problem as a sentence.
pub(super) fn sentence(problem: &FieldProblem) -> String {
    let text = cut(&problem.to_string(), LONGEST_SENTENCE);
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', '!', '\u{2026}']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The channels that a field offers.
pub(crate) fn channel_list(channels: &[&str]) -> Markup {
    html! { datalist #channels { @for channel in channels { option value={ "#" (channel) } {} } } }
}
