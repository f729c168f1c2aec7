//! Values of documents' fields in the reader's words, and the mark of a field that holds several.

use std::collections::BTreeMap;

use crdt_store::DocumentId;
use domain::Quantity;
use domain::conflict::FieldKind;
use maud::{Markup, html};

use super::form::address;
use super::icon::icon;
use super::words::{Words, t};

/// What a field is called, by the last word of its pointer; behind the word of a column stands the id of a line.
pub(super) fn field_name(words: Words, pointer: &str) -> String {
    let is_word = |key: &&str| key.parse::<DocumentId>().is_err();
    let last = pointer.rsplit('/').find(is_word).unwrap_or_default();
    words.code("field", &last.replace('_', "-"))
}

/// A value as the API writes it, in words; `label` is what people call it where it is an id.
pub(super) fn shown(words: Words, kind: FieldKind, value: Option<&str>, label: Option<&str>) -> String {
    let Some(value) = value else { return t!(words, "value-none") };
    match kind {
        FieldKind::Text => value.to_owned(),
        FieldKind::Word => words.code("value", value),
        FieldKind::Flag if value == "true" => t!(words, "yes"),
        FieldKind::Flag => t!(words, "no"),
        FieldKind::Day => value.parse().map_or_else(|_| value.to_owned(), |day| words.day(day)),
        FieldKind::Number => value.parse().map_or_else(|_| value.to_owned(), |number| words.whole(number)),
        FieldKind::Quantity | FieldKind::Money | FieldKind::Volume => {
            value.parse::<Quantity>().map_or_else(|_| value.to_owned(), |amount| words.quantity(amount))
        }
        // An id that nobody here knows is told by its beginning.
        FieldKind::Location
        | FieldKind::LocationType
        | FieldKind::Item
        | FieldKind::Variant
        | FieldKind::Programme
        | FieldKind::End => label.map_or_else(|| value.chars().take(8).collect(), str::to_owned),
    }
}

/// How many values the contested fields of a store's documents hold, by document and pointer.
pub(super) type Contested = BTreeMap<(DocumentId, String), usize>;

/// The flag at a field that holds several values, which leads to where they are settled.
pub(super) fn flag(words: Words, contested: &Contested, document: DocumentId, pointer: &str) -> Markup {
    let count = contested.get(&(document, pointer.to_owned()));
    html! {
        @if let Some(count) = count { (flag_of(words, document, &t!(words, "values-count", n = *count))) }
    }
}

/// The flag of all contested fields of a document that are not shown on a page.
pub(super) fn other_flags(
    words: Words,
    contested: &Contested,
    document: DocumentId,
    seen: &[&str],
) -> Markup {
    let others: Vec<String> = contested
        .keys()
        .filter(|(found, pointer)| *found == document && !seen.contains(&pointer.as_str()))
        .map(|(_, pointer)| field_name(words, pointer))
        .collect();
    html! {
        @if !others.is_empty() { (flag_of(words, document, &t!(words, "contested-fields", fields = others.join(", ")))) }
    }
}

fn flag_of(words: Words, document: DocumentId, text: &str) -> Markup {
    let href = address("/tasks", &[("document", &document.to_string())]);
    html! {
        " " a class="chip warn no-print" href=(href) title=(t!(words, "task-conflicting-values")) { (icon("flag")) (text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::words::Language;

    #[test]
    fn a_value_is_said_in_the_readers_words() {
        let french = Words(Language::French);
        let say = |kind, value| shown(french, kind, Some(value), None);
        assert_eq!(say(FieldKind::Flag, "true"), "Oui");
        assert_eq!(say(FieldKind::Day, "2027-06-30"), "30\u{a0}juin\u{a0}2027");
        assert_eq!(say(FieldKind::Quantity, "1234.5"), "1\u{202f}234,5");
        assert_eq!(say(FieldKind::Location, "0194f8a2-0000-7000-8000-000000000000"), "0194f8a2");
        assert_eq!(shown(french, FieldKind::Location, Some("0194f8a2"), Some("A1")), "A1");
        assert_ne!(say(FieldKind::Word, "stage3"), "stage3");
        assert_eq!(shown(french, FieldKind::Day, None, None), "vide");
    }
}
