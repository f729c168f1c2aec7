//! Icons: drawn beside words, never instead of them unless the control says its name otherwise.

use maud::{Markup, html};

use super::assets;

/// An icon of the sprite, hidden from screen readers: the words beside it speak.
pub(super) fn icon(name: &str) -> Markup {
    html! { svg class="icon" aria-hidden="true" focusable="false" { use href={ (assets::address("icons.svg")) "#" (name) } {} } }
}

/// An icon that points somewhere, and turns round where people read from the right.
pub(super) fn turning_icon(name: &str) -> Markup {
    html! { svg class="icon turns" aria-hidden="true" focusable="false" { use href={ (assets::address("icons.svg")) "#" (name) } {} } }
}

/// The mark of the project: streams that become one.
pub(super) fn mark() -> Markup {
    html! {
        svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" aria-hidden="true" focusable="false" {
            path d="M6 5c0 8 10 7 10 14v8" {}
            path d="M26 5c0 8-10 7-10 14" {}
            path d="M16 4v7" opacity=".55" {}
        }
    }
}

#[cfg(test)]
mod tests {
    /// Names of icons in the sources of the interface, found by how they are asked for.
    #[test]
    fn every_icon_asked_for_is_in_the_sprite() {
        let sprite = include_str!("../../assets/icons.svg");
        for (file, source) in super::super::sources() {
            for call in ["icon(\"", "icon: \""] {
                for part in source.split(call).skip(1) {
                    let name = part.split('"').next().unwrap_or_default();
                    assert!(sprite.contains(&format!("id=\"{name}\"")), "{file}: no icon «{name}»");
                }
            }
        }
    }
}
