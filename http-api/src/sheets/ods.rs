//! How much a sheet of an OpenDocument workbook would be, before it is unfolded.
//!
//! Such a sheet says «this cell, sixteen thousand times» in a few bytes. The library that reads it writes all of them
//! out, so a few kilobytes could fill the memory of a tablet. Here the tags are counted first, by the same names.

use super::read::{COLUMNS_MAX, ROWS_MAX, too_many_columns};
use crate::error::Problem;

/// Refuses a content whose sheets have more rows or columns than a table may have, but for empty ones at the end.
pub(super) fn admit(content: &[u8]) -> Result<(), Problem> {
    let mut rows = Rows::default();
    for tag in Tags(content) {
        let tag = tag?;
        match tag.name {
            b"table:table" => rows = Rows::default(),
            b"table:table-row" => rows.begin(tag.repeats(b"table:number-rows-repeated")?),
            b"table:table-cell" | b"table:covered-table-cell" => {
                let is_empty = !tag.has(b"value-type") && !tag.has(b"table:formula");
                rows.cell(tag.repeats(b"table:number-columns-repeated")?, is_empty)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Rows and columns so far, those that are empty only once something comes after them.
#[derive(Default)]
struct Rows {
    before: u64,
    repeats: u64,
    has_content: bool,
    columns: u64,
}

impl Rows {
    fn begin(&mut self, repeats: u64) {
        self.before = self.before.saturating_add(self.repeats);
        (self.repeats, self.has_content, self.columns) = (repeats, false, 0);
    }

    fn cell(&mut self, repeats: u64, is_empty: bool) -> Result<(), Problem> {
        self.columns = self.columns.saturating_add(repeats);
        if is_empty {
            return Ok(());
        }
        self.has_content = true;
        if self.columns > COLUMNS_MAX as u64 {
            return Err(too_many_columns());
        }
        if self.before.saturating_add(self.repeats) > ROWS_MAX as u64 + 10 {
            return Err(Problem::advised(
                "file-too-many-rows",
                format_args!("A file has at most {ROWS_MAX} rows"),
            ));
        }
        Ok(())
    }
}

struct Tag<'a> {
    name: &'a [u8],
    rest: &'a [u8],
}

impl Tag<'_> {
    fn has(&self, name: &[u8]) -> bool {
        find(self.rest, name).is_some()
    }

    /// The value of an attribute that counts repetitions; one if there is none.
    fn repeats(&self, name: &[u8]) -> Result<u64, Problem> {
        let Some(at) = find(self.rest, name) else { return Ok(1) };
        let value = self.rest[at + name.len()..].trim_ascii_start();
        let value = value.strip_prefix(b"=").unwrap_or(value).trim_ascii_start();
        let digits: &[u8] = value.get(1..).unwrap_or_default();
        let len = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
        let closes = digits.get(len).is_some_and(|end| Some(end) == value.first());
        let number = std::str::from_utf8(&digits[..len]).ok().and_then(|text| text.parse().ok());
        number
            .filter(|_| closes)
            .ok_or_else(|| Problem::advised("file-unreadable", "This workbook is damaged"))
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The opening tags of a text of XML; what stands in comments and the like is none.
struct Tags<'a>(&'a [u8]);

impl<'a> Iterator for Tags<'a> {
    type Item = Result<Tag<'a>, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let at = self.0.iter().position(|byte| *byte == b'<')?;
            let rest = &self.0[at + 1..];
            if let Some((open, close)) = [(&b"!--"[..], &b"-->"[..]), (b"![CDATA[", b"]]>"), (b"?", b"?>")]
                .into_iter()
                .find(|(open, _)| rest.starts_with(open))
            {
                let inside = &rest[open.len()..];
                self.0 = &inside[find(inside, close).map_or(inside.len(), |end| end + close.len())..];
                continue;
            }
            let Some(len) = end_of_tag(rest) else {
                self.0 = &[];
                return Some(Err(Problem::advised("file-unreadable", "This workbook is damaged")));
            };
            self.0 = &rest[len + 1..];
            if rest.first() == Some(&b'/') {
                continue;
            }
            let name_len =
                rest[..len].iter().take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'/').count();
            return Some(Ok(Tag { name: &rest[..name_len], rest: &rest[name_len..len] }));
        }
    }
}

/// Where a tag ends: a `>` outside of quotation marks.
fn end_of_tag(text: &[u8]) -> Option<usize> {
    let mut quote = None;
    text.iter().position(|byte| match (quote, byte) {
        (None, b'>') => true,
        (None, b'"' | b'\'') => {
            quote = Some(*byte);
            false
        }
        (Some(open), byte) if open == *byte => {
            quote = None;
            false
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rows: &str) -> Option<String> {
        admit(format!("<x><table:table>{rows}</table:table></x>").as_bytes())
            .err()
            .map(|problem| problem.code)
    }

    const CELL: &str = r#"<table:table-cell office:value-type="float" office:value="1"/>"#;

    #[test]
    fn empty_cells_at_the_end_are_free_and_others_count_as_often_as_they_are_repeated() {
        let tail = r#"<table:table-cell table:number-columns-repeated="16383"/>"#;
        let rest = r#"<table:table-row table:number-rows-repeated="1048575"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>"#;
        assert_eq!(refused(&format!("<table:table-row>{CELL}{tail}</table:table-row>{rest}")), None);
        assert_eq!(
            refused(&format!("<table:table-row>{tail}{CELL}</table:table-row>")).as_deref(),
            Some("too-many-columns")
        );
        assert_eq!(
            refused(&format!("{rest}<table:table-row>{CELL}</table:table-row>")).as_deref(),
            Some("file-too-many-rows")
        );
        let many =
            CELL.replace("office:value-type", r#"table:number-columns-repeated='16384' office:value-type"#);
        assert_eq!(
            refused(&format!("<table:table-row>{many}</table:table-row>")).as_deref(),
            Some("too-many-columns")
        );
        let hidden = CELL
            .replace("office:value-type", r#"x=">" table:number-columns-repeated="999" office:value-type"#);
        assert_eq!(
            refused(&format!("<table:table-row>{hidden}</table:table-row>")).as_deref(),
            Some("too-many-columns")
        );
        let odd =
            CELL.replace("office:value-type", r#"table:number-columns-repeated="&#57;99" office:value-type"#);
        assert_eq!(
            refused(&format!("<table:table-row>{odd}</table:table-row>")).as_deref(),
            Some("file-unreadable")
        );
    }
}
