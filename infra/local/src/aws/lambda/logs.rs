//! Output of the functions, as CloudWatch would keep it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Lines that are kept; the oldest go first.
const KEPT: usize = 20_000;

/// One line of a function's stdout or stderr.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Logical id of the function.
    pub function: String,
    /// The line without its end.
    pub text: String,
}

/// Receiver of every log line. [`Stack::logs`](crate::aws::Stack::logs) keeps the lines as well.
#[derive(Clone)]
pub struct LogSink(Arc<dyn Fn(&LogLine) + Send + Sync>);

impl LogSink {
    /// Nobody: lines are only kept.
    #[must_use]
    pub fn none() -> Self {
        Self::each(|_| {})
    }

    /// Calls `tell` with every line, on the thread that read it.
    #[must_use]
    pub fn each(tell: impl Fn(&LogLine) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for LogSink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LogSink")
    }
}

/// The last lines of all functions.
pub(crate) struct Logs {
    kept: Mutex<VecDeque<LogLine>>,
    sink: LogSink,
}

impl Logs {
    pub(crate) fn new(sink: LogSink) -> Self {
        Self { kept: Mutex::default(), sink }
    }

    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn write(&self, function: &str, text: &str) {
        let line = LogLine { function: function.to_owned(), text: text.to_owned() };
        (self.sink.0)(&line);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(line);
    }

    /// Reads a process's output to its end.
    pub(crate) async fn follow(self: Arc<Self>, function: String, output: impl AsyncRead + Unpin) {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        // Bytes, not text: a line that is not UTF-8 must not end the reading, or the process would block on a
        // full pipe.
        while output.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            self.write(&function, String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
}
