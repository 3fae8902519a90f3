//! Which tags open and close the parts of a table, the tags that authors may leave out included.
//!
//! The rules are those of the HTML standard for parsing ("in table", "in row", "in cell" and so on),
//! as far as they decide where a cell, row or table ends.

use super::tokens::Tag;

/// Groups of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Head,
    Body,
    Foot,
}

/// Parts of a table that a tag may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Table,
    Caption,
    Columns,
    Group(Group),
    Row,
    /// `true` for `th`.
    Cell(bool),
}

impl Part {
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"table" => Self::Table,
            b"caption" => Self::Caption,
            b"col" | b"colgroup" => Self::Columns,
            b"thead" => Self::Group(Group::Head),
            b"tbody" => Self::Group(Group::Body),
            b"tfoot" => Self::Group(Group::Foot),
            b"tr" => Self::Row,
            b"td" => Self::Cell(false),
            b"th" => Self::Cell(true),
            _ => return None,
        })
    }
}

/// What happens to the innermost table. `Option<&Tag>` is the tag of the part, where it has one.
#[derive(Debug)]
pub(super) enum Change<'t> {
    OpenTable(&'t Tag),
    OpenGroup(Group, Option<&'t Tag>),
    OpenRow(Option<&'t Tag>),
    OpenCell(&'t Tag),
    OpenCaption(&'t Tag),
    CloseCell,
    CloseRow,
    CloseCaption,
    CloseTable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Table,
    Caption,
    Group,
    Row,
    Cell,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    mode: Mode,
    group: Group,
    header: bool,
}

/// The tables that are open, one in a cell of the other.
#[derive(Debug, Default)]
pub(super) struct Modes {
    levels: Vec<Level>,
    /// Templates that are open; nothing in them is part of the page.
    templates: u32,
}

impl Modes {
    /// How many tables are open.
    pub(super) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// Whether a template is open.
    pub(super) fn inert(&self) -> bool {
        self.templates > 0
    }

    /// Whether text here stands in a cell, a caption or outside tables, and not between cells.
    pub(super) fn holds_text(&self) -> bool {
        self.levels.last().is_none_or(|level| matches!(level.mode, Mode::Cell | Mode::Caption))
    }

    /// Reads a start tag.
    pub(super) fn start<'t>(&mut self, tag: &'t Tag, mut on: impl FnMut(Change<'t>)) {
        if tag.name == b"template" {
            self.templates = self.templates.saturating_add(1);
        }
        let Some(part) = Part::of(&tag.name).filter(|_| !self.inert()) else { return };
        if part == Part::Table {
            // A table between the cells of another ends it.
            if !self.holds_text() {
                self.close_table(&mut on);
            }
            self.levels.push(Level { mode: Mode::Table, group: Group::Body, header: false });
            on(Change::OpenTable(tag));
            return;
        }
        let Some(level) = self.levels.last_mut() else { return };
        loop {
            match (level.mode, part) {
                (Mode::Cell, _) => {
                    on(Change::CloseCell);
                    level.mode = Mode::Row;
                }
                (Mode::Caption, _) => {
                    on(Change::CloseCaption);
                    level.mode = Mode::Table;
                }
                (Mode::Row, Part::Cell(header)) => {
                    on(Change::OpenCell(tag));
                    (level.mode, level.header) = (Mode::Cell, header);
                    return;
                }
                (Mode::Row, _) => {
                    on(Change::CloseRow);
                    level.mode = Mode::Group;
                }
                (Mode::Group, Part::Row | Part::Cell(_)) => {
                    on(Change::OpenRow(Some(tag).filter(|_| part == Part::Row)));
                    level.mode = Mode::Row;
                    if part == Part::Row {
                        return;
                    }
                }
                (Mode::Group, _) => level.mode = Mode::Table,
                (Mode::Table, Part::Group(group)) => {
                    on(Change::OpenGroup(group, Some(tag)));
                    (level.mode, level.group) = (Mode::Group, group);
                    return;
                }
                (Mode::Table, Part::Row | Part::Cell(_)) => {
                    on(Change::OpenGroup(Group::Body, None));
                    (level.mode, level.group) = (Mode::Group, Group::Body);
                }
                (Mode::Table, Part::Caption) => {
                    on(Change::OpenCaption(tag));
                    level.mode = Mode::Caption;
                    return;
                }
                (Mode::Table, Part::Columns | Part::Table) => return,
            }
        }
    }

    /// Reads an end tag.
    pub(super) fn end(&mut self, name: &[u8], mut on: impl FnMut(Change<'static>)) {
        if name == b"template" {
            self.templates = self.templates.saturating_sub(1);
        }
        let Some(part) = Part::of(name).filter(|_| !self.inert()) else { return };
        let Some(level) = self.levels.last_mut() else { return };
        match (part, level.mode) {
            (Part::Table, _) => self.close_table(&mut on),
            (Part::Cell(header), Mode::Cell) if header == level.header => {
                on(Change::CloseCell);
                level.mode = Mode::Row;
            }
            (Part::Row, Mode::Cell | Mode::Row) => {
                close_row(level, &mut on);
            }
            (Part::Group(group), Mode::Cell | Mode::Row | Mode::Group) if group == level.group => {
                close_row(level, &mut on);
                level.mode = Mode::Table;
            }
            (Part::Caption, Mode::Caption) => {
                on(Change::CloseCaption);
                level.mode = Mode::Table;
            }
            _ => {}
        }
    }

    /// Closes what is open, at the end of the document.
    pub(super) fn finish(&mut self, mut on: impl FnMut(Change<'static>)) {
        while !self.levels.is_empty() {
            self.close_table(&mut on);
        }
    }

    fn close_table<'t>(&mut self, on: &mut impl FnMut(Change<'t>)) {
        let Some(mut level) = self.levels.pop() else { return };
        close_row(&mut level, on);
        if level.mode == Mode::Caption {
            on(Change::CloseCaption);
        }
        on(Change::CloseTable);
    }
}

fn close_row<'t>(level: &mut Level, on: &mut impl FnMut(Change<'t>)) {
    if level.mode == Mode::Cell {
        on(Change::CloseCell);
        level.mode = Mode::Row;
    }
    if level.mode == Mode::Row {
        on(Change::CloseRow);
        level.mode = Mode::Group;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::{Token, walk};
    use super::*;

    /// The parts of the tables as brackets: `(` table, `{` group, `[` row, `'` cell, `"` caption.
    fn shape(html: &str) -> String {
        let mut modes = Modes::default();
        let mut out = String::new();
        let mut write = |change: Change<'_>| {
            out.push(match change {
                Change::OpenTable(_) => '(',
                Change::OpenGroup(Group::Head, _) => 'H',
                Change::OpenGroup(Group::Body, _) => 'B',
                Change::OpenGroup(Group::Foot, _) => 'F',
                Change::OpenRow(_) => '[',
                Change::OpenCell(_) | Change::CloseCell => '\'',
                Change::OpenCaption(_) | Change::CloseCaption => '"',
                Change::CloseRow => ']',
                Change::CloseTable => ')',
            });
        };
        walk(html.as_bytes(), |token| match token {
            Token::Start(tag) => modes.start(tag, &mut write),
            Token::End { name, .. } => modes.end(name, &mut write),
            Token::Text(_) => {}
        });
        modes.finish(&mut write);
        out
    }

    #[test]
    fn tags_that_are_left_out_are_understood_as_in_browsers() {
        for (html, expected) in [
            ("<table><tr><td>a<td>b<tr><th>c</table>", "(B['''']['']<"),
            ("<table><tbody><tr><td>a</td></tr></tbody></table>", "(B['']<"),
            ("<table><td>a</td></tr><td>b</table>", "(B['']['']<"),
            ("<table><thead><tr><td>a</tbody>b<tbody><td>c</table>", "(H['']B['']<"),
            ("<table><caption>x<tr><td>a</th>b</td></table>", "(\"\"B['']<"),
            ("<table><td><table><td>in</table>out</table>", "(B['(B['']<']<"),
            ("<table><tr><table><td>a</table>", "(B[]<(B['']<"),
            ("<td>no table</td></table>", ""),
            ("<table><tr><td>a</table></table><td>", "(B['']<"),
            ("<table><template><tr><td>x</td></tr></template><tr><td>a", "(B['']<"),
            ("<table><td>a</td></body></html></col></table>", "(B['']<"),
            ("<table><tfoot><td>a<tbody><td>b", "(F['']B['']<"),
        ] {
            assert_eq!(shape(html), expected.replace('<', ")"), "{html}");
        }
    }
}
