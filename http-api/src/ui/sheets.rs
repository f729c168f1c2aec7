//! Files of lists, for people: the menu that offers them, and their headings in a reader's language.

use domain::import::{ImportKind, RowError};
use maud::{Markup, html};

use super::form::address;
use super::icon::icon;
use super::trouble;
use super::words::{Language, Words, t};
use crate::error::Problem;

/// What a column, a list or a fact of a file is called in a language.
pub(crate) fn heading(language: &str, name: &str) -> String {
    let words = words_of(language);
    words.code("sheet", &name.replace(' ', "-"))
}

/// What a column of an import is called in a language.
pub(crate) fn import_column(language: &str, name: &str) -> String {
    column_name(words_of(language), name)
}

/// What a column of an import holds.
pub(crate) fn import_hint(language: &str, name: &str, needed: bool) -> String {
    let words = words_of(language);
    let hint = words.code("import-hint", name);
    if needed { format!("{} {hint}", t!(words, "import-needed")) } else { hint }
}

/// What a kind of import is called.
pub(crate) fn import_title(language: &str, kind: ImportKind) -> String {
    words_of(language).code("import-title", kind.code())
}

/// What is wrong with a row.
pub(crate) fn row_error(language: &str, error: &RowError) -> String {
    error_text(words_of(language), error)
}

/// What a column of an import is called; the name itself if this version does not know it.
pub(super) fn column_name(words: Words, name: &str) -> String {
    words.code("import-field", name)
}

/// What is wrong with a row, in the reader's language.
pub(super) fn error_text(words: Words, error: &RowError) -> String {
    let value = error.value.as_deref().unwrap_or_default();
    match error.code.as_str() {
        "validation" => trouble::detail(words, &error.message),
        code => words
            .try_say(&format!("import-error-{code}"), &[("value", value.into())])
            .unwrap_or_else(|| trouble::message(words, &Problem::new(code, error.message.clone()))),
    }
}

fn words_of(language: &str) -> Words {
    Words(Language::of_tag(language).unwrap_or(Language::English))
}

/// Whether files are written in this language.
pub(crate) fn is_language(tag: &str) -> bool {
    Language::of_tag(tag).is_some()
}

/// The menu of a list's files: the same filter, all rows. How many there are is known when the page shows them all;
/// otherwise the page's script asks when the menu is opened.
///
/// `list` is the end of the address in the API, such as `stock-lines`; `kept` are its parameters.
pub(super) fn export(words: Words, list: &str, kept: &[(&str, &str)], known: Option<usize>) -> Markup {
    menu(words, html! { (icon("download")) (t!(words, "export")) }, list, kept, known, html! {})
}

/// The same menu where a list has other things to offer that are seldom wanted: they stand below its files.
pub(super) fn export_and(
    words: Words,
    list: &str,
    kept: &[(&str, &str)],
    known: Option<usize>,
    others: Markup,
) -> Markup {
    let name = html! { (icon("menu")) (t!(words, "nav-more")) };
    menu(words, name, list, kept, known, html! { hr; (others) })
}

fn menu(
    words: Words,
    name: Markup,
    list: &str,
    kept: &[(&str, &str)],
    known: Option<usize>,
    others: Markup,
) -> Markup {
    let language = [("language", words.language().tag())];
    let kept: Vec<(&str, &str)> = kept.iter().copied().chain(language).collect();
    let href = |ending: &str| address(&format!("/api/v1/{list}.{ending}"), &kept);
    html! {
        details class="menu" id="export" data-files data-one=(t!(words, "rows", n = 1)) data-many=(t!(words, "rows-many")) {
            summary class="btn" { (name) (icon("chevron-down")) }
            div class="sheet" {
                @for (ending, name) in [("xlsx", t!(words, "file-excel")), ("csv", t!(words, "file-csv"))] {
                    a href=(href(ending)) download {
                        (icon("file-spreadsheet"))
                        span { (name) span data-rows-of { @if let Some(rows) = known { " · " (t!(words, "rows", n = rows)) } } }
                    }
                }
                (others)
            }
        }
    }
}

/// How many rows a list has, when the page that shows it begins and ends with it.
pub(super) fn all_shown(rows: usize, cursor: Option<&str>, next: Option<&str>) -> Option<usize> {
    (cursor.is_none() && next.is_none()).then_some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;

    #[test]
    fn every_column_of_an_import_is_named_and_explained_in_every_language() {
        for kind in ImportKind::ALL {
            let of_kind = ["import-title", "import-text", "import-undo-text"]
                .map(|family| format!("{family}-{}", kind.code()));
            let of_columns = kind.columns().iter().flat_map(|column| {
                ["import-field", "import-hint"].map(|family| format!("{family}-{}", column.name))
            });
            for key in of_kind.into_iter().chain(of_columns) {
                for language in Language::ALL {
                    assert!(
                        Words(language).try_say(&key, &[]).is_some(),
                        "{}: no words for «{key}»",
                        language.tag()
                    );
                }
            }
        }
    }

    #[test]
    fn every_code_of_a_row_is_known_to_the_api_and_said_in_every_language() {
        for code in domain::import::ERROR_CODES {
            assert!(crate::error::known_code(code).is_some(), "nobody documents {code}");
            let key = format!("import-error-{code}");
            for language in Language::ALL {
                assert!(
                    Words(language).try_say(&key, &[]).is_some(),
                    "{}: no words for «{key}»",
                    language.tag()
                );
            }
        }
    }

    #[test]
    fn every_list_and_column_of_a_file_has_a_heading_in_every_language() {
        let facts = ["list", "store", "filter", "made at", "made by", "made on", "about", "rows"];
        let mut names: Vec<String> = facts.map(str::to_owned).to_vec();
        for route in api::table() {
            if !route.columns.is_empty() {
                let last = route.path.rsplit('/').next().expect("a path");
                names.push(last.split('.').next().expect("a stem").to_owned());
                names.extend(route.columns.iter().map(|name| (*name).to_owned()));
            }
        }
        assert!(names.len() > 300, "files have columns");
        for name in names {
            let key = format!("sheet-{}", name.replace(' ', "-"));
            for language in Language::ALL {
                assert!(
                    Words(language).try_say(&key, &[]).is_some(),
                    "{}: no words for «{key}»",
                    language.tag()
                );
            }
        }
    }
}
