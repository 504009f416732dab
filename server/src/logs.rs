//! What the operator reads. No name, no id of a person or device, no address, no content of a request: a log is copied
//! to places that no consent covers.

use std::panic;

use tracing::level_filters::LevelFilter;

/// Sends logs to the error output, from `level` on.
///
/// Panics are logged by place only. Their message may quote what made them: a change, a name.
pub fn start(level: LevelFilter) {
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        // It would report a closed error output on that output, and panic of it.
        .log_internal_errors(false)
        .with_ansi(false)
        .with_target(false)
        .try_init();
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, thread = std::thread::current().name().unwrap_or("?"), "a panic");
    }));
}
