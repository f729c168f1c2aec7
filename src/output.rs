//! What is printed on standard output.

use std::fmt::Arguments;
use std::io::Write;

/// Prints a line on standard output. Whoever read it may be gone (`tributary serve | head -1`): that is no reason to
/// stop what the program is doing.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::output::line(format_args!($($text)*))
    };
}

/// See [`say!`].
pub fn line(text: Arguments<'_>) {
    // Nobody listens any more: there is no one to tell.
    let _ = writeln!(std::io::stdout(), "{text}");
}
