//! A model of the whole protocol, checked exhaustively: the real core ([`signoff_core`]) decides, and
//! everything around it (DynamoDB, SQS, the steps of each function, the outside world, crashes, time) is a
//! small machine of its own.
//!
//! Every state that can be reached is visited, within the bounds of a [`Scenario`](scenario::Scenario): who
//! clicks how often, who leaves, who says what became of a lost answer, how many processes end in the middle
//! of their work, how many calls fail. In each state the [laws](law::Law) must hold.
//!
//! What stands for what:
//!
//! - **A function** is a process that takes one atomic step at a time, as its handler does: read, begin,
//!   call, commit, send. Between any two steps others take theirs, or the process ends. `commit_newest` is
//!   one step: it starts over until nobody came in between.
//! - **Time** only matters where an effect may be taken (its lease, its next attempt) and where the clock
//!   sends what nobody sent. Any amount of it may pass between two steps, with one bound that Lambda holds: a
//!   process ends before its lease does. An approval's time is over at one moment, the same for all, before
//!   or after anything else.
//! - **A queue** is FIFO in each group and works on one message of a group at a time; a message whose process
//!   ended comes again. A duplicate of a message whose effect is closed finds nothing to do, so it is not
//!   told apart. [`Queue::Standard`](scenario::Queue) is a queue that promises neither: any message at any
//!   time, two at a time.
//! - **The look at the voters** is one step: who leaves has left before it, or is not seen. So is the look at
//!   the change.
//! - **Another approval** may set the base of the same place once, before or after anything else; what keeps
//!   the range from being read is mended once.
//! - **People** who are asked about a lost answer look what happened, and say so; they say nothing, or are
//!   slow.
//! - **Forgotten** are events, effects that are closed (a closed effect can't be taken), and the ids of
//!   effects: an id is derived from its owner and a version, and a law watches that versions only rise.
//! - **Left out** are reasons, Undo, cancelling by people, named voters, reminders, newer deploys, what
//!   follows a rejection, dialogs that are deleted or have nowhere to go, and giving up after the last
//!   attempt.
//!
//! What one kind of effect does step by step is in [`effects`], and only there.

pub mod answers;
pub mod change;
pub mod clicks;
pub mod decided;
pub mod effects;
pub mod law;
pub mod model;
pub mod outside;
pub mod parts;
pub mod record;
pub mod scenario;
pub mod world;

pub use model::Protocol;
