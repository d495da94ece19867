//! Tables for people.

use comfy_table::{
    Cell, CellAlignment, ContentArrangement, LineStyle, Table as Drawing, TableStyle,
};

use super::clean;

/// A table: a heading line, then rows.
pub struct Table {
    headings: Vec<String>,
    right: Vec<usize>,
    rows: Vec<Vec<String>>,
}

/// Columns of a table that goes to a file or a pipe: nothing is wrapped there.
const UNBOUNDED: u16 = u16::MAX;

/// A line under the headings and nothing else.
const STYLE: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(comfy_table::ContentLineStyle::none())
    .header_lines(comfy_table::ContentLineStyle::none());

impl Table {
    /// A table with these headings.
    #[must_use]
    pub fn new(headings: &[&str]) -> Self {
        let headings = headings.iter().map(|text| (*text).to_owned()).collect();
        Self { headings, right: Vec::new(), rows: Vec::new() }
    }

    /// Sets columns flush right, as numbers want it. Columns count from 0.
    #[must_use]
    pub fn right(mut self, columns: &[usize]) -> Self {
        self.right.extend_from_slice(columns);
        self
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn render(&self, columns: Option<u16>) -> String {
        let mut drawing = Drawing::new();
        drawing.load_style(STYLE);
        drawing.set_content_arrangement(ContentArrangement::Dynamic);
        drawing.set_width(columns.unwrap_or(UNBOUNDED));
        drawing.set_header(self.cells(&self.headings));
        for row in &self.rows {
            drawing.add_row(self.cells(row));
        }
        let mut text = String::new();
        for line in drawing.lines() {
            text.push(' ');
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn cells(&self, texts: &[String]) -> Vec<Cell> {
        let align = |(n, text): (usize, &String)| {
            let side =
                if self.right.contains(&n) { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(clean(text).replace('\n', " ")).set_alignment(side)
        };
        texts.iter().enumerate().map(align).collect()
    }
}
