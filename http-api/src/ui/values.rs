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
    words.code("field", &word_of(field_of(pointer)))
}

/// The field of a place: its last key that is no id.
pub(super) fn field_of(pointer: &str) -> &str {
    pointer.rsplit('/').find(|key| key.parse::<DocumentId>().is_err()).unwrap_or_default()
}

/// A field as its words are named: `cost-price` for `cost_price` and for `costPrice`.
fn word_of(field: &str) -> String {
    let mut word = String::with_capacity(field.len() + 4);
    for letter in field.chars() {
        match letter {
            '_' => word.push('-'),
            capital if capital.is_ascii_uppercase() => word.extend(['-', capital.to_ascii_lowercase()]),
            letter => word.push(letter),
        }
    }
    word
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
    fn a_field_is_called_alike_wherever_it_stands() {
        let of = |pointer: &str| field_name(Words(Language::English), pointer);
        assert_eq!(of("/cost_price"), of("/lines/costPrice"));
        assert_eq!(of("/requested/0194f8a2-0000-7000-8000-000000000000"), of("/requested"));
        assert_ne!(of("/requested"), "requested", "it has words");
    }

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
