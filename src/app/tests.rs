use super::{
    flow_view::{StepKind, StepView},
    graph_rows::graph_rows,
    list::ListCursor,
    output::{TermBuffer, TermColour},
    palette,
    records::{TableColumn, TablePage},
    table::Grid,
    testing, words,
};

fn drawing(steps: &[StepView]) -> String {
    let rows = graph_rows(steps).into_iter().map(|row| {
        let many = if row.many { " ×n" } else { "" };
        format!("{}{}{many} {}", row.rail, row.step, row.note)
            .trim_end()
            .to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn step(name: &str, kind: StepKind, next: &[&str], join: Option<&str>) -> StepView {
    StepView {
        name: name.to_owned(),
        kind,
        next: next.iter().map(|name| (*name).to_owned()).collect(),
        join: join.map(str::to_owned),
        ..StepView::default()
    }
}

#[test]
fn a_graph_draws_branches_below_their_split_and_joins_beside_it() {
    let flow = testing::view_of(testing::FLOW);
    assert_eq!(
        drawing(&flow.steps),
        "\
start
┊  train ×n
join
pick
├─ report
├─ export
done
end"
    );
}

#[test]
fn nested_foreach_and_chains_in_branches() {
    use StepKind::{Foreach, Join, Linear, Split};
    let steps = [
        step("start", Split, &["a", "b"], Some("last")),
        step("a", Foreach, &["inner"], Some("inner_join")),
        step("inner", Linear, &["inner2"], None),
        step("inner2", Linear, &["inner_join"], None),
        step("inner_join", Join, &["last"], None),
        step("b", Linear, &["b2"], None),
        step("b2", Linear, &["last"], None),
        step("last", Join, &["end"], None),
        step("end", Linear, &[], None),
    ];
    assert_eq!(
        drawing(&steps),
        "\
start
├─ a
│  ┊  inner ×n
│  ┊  inner2 ×n
│  inner_join
├─ b
│  b2
last
end"
    );
}

#[test]
fn a_switch_names_its_cases_and_a_loop_its_target() {
    let mut choose = step("choose", StepKind::Switch, &["again", "out"], None);
    choose.cases = vec!["low".to_owned(), "high".to_owned()];
    let steps = [
        step("start", StepKind::Linear, &["choose"], None),
        choose,
        step("again", StepKind::Linear, &["choose"], None),
        step("out", StepKind::Linear, &["end"], None),
        step("end", StepKind::Linear, &[], None),
    ];
    assert_eq!(
        drawing(&steps),
        "\
start
choose
├─ again if low, ↺ choose
└─ out if high
   end"
    );
}

#[test]
fn unreached_steps_are_drawn_last() {
    let steps = [
        step("start", StepKind::Linear, &["missing"], None),
        step("lost", StepKind::Linear, &["end"], None),
        step("end", StepKind::Linear, &[], None),
    ];
    assert_eq!(drawing(&steps), "start\nlost\nend");
}

fn text(buffer: &TermBuffer) -> Vec<String> {
    (0..buffer.len())
        .map(|index| buffer.line(index).text)
        .collect()
}

fn written(chunks: &[&str]) -> TermBuffer {
    let mut buffer = TermBuffer::new(1000);
    for chunk in chunks {
        buffer.write(chunk.as_bytes());
    }
    buffer
}

#[test]
fn progress_bars_redraw_in_place() {
    let buffer = written(&[
        "before\n",
        "  0%|    |\r",
        " 50%|##  |\r",
        "100%|####|\nafter\n",
    ]);
    assert_eq!(text(&buffer), ["before", "100%|####|", "after"]);
    let nested = written(&[
        "outer 1\ninner 1\n",
        "\x1b[2A\x1b[Kouter 2\n\x1b[2Kinner 2\n",
    ]);
    assert_eq!(text(&nested), ["outer 2", "inner 2"]);
}

#[test]
fn colours_stay_and_other_sequences_vanish() {
    let buffer = written(&[
        "\x1b[1;31mred\x1b[0m plain \x1b[38;5;208mindexed \x1b[38;2;1;2;3mrgb\x1b[m\x1b]0;title\x07\x1b[?25l\n",
    ]);
    let line = buffer.line(0);
    assert_eq!(line.text, "red plain indexed rgb");
    let colours: Vec<_> = line
        .spans
        .iter()
        .map(|(length, style)| (*length, style.fg, style.bold))
        .collect();
    assert_eq!(
        colours,
        [
            (3, TermColour::Indexed(1), true),
            (7, TermColour::Default, false),
            (8, TermColour::Indexed(208), false),
            (3, TermColour::Rgb(1, 2, 3), false),
        ]
    );
}

#[test]
fn the_ring_drops_old_lines_and_cuts_long_ones() {
    let mut buffer = TermBuffer::new(100);
    for number in 0..1000 {
        buffer.write(format!("line {number}\n").as_bytes());
    }
    assert!(buffer.len() <= 100);
    assert_eq!(buffer.dropped() + buffer.len(), 1000);
    assert_eq!(buffer.line(buffer.len() - 1).text, "line 999");
    let mut long = TermBuffer::new(10);
    long.write("x".repeat(100_000).as_bytes());
    let line = long.line(0);
    assert!(line.text.len() < 5_000);
    assert!(line.text.ends_with('…'));
    assert_eq!(
        line.spans.iter().map(|(length, _)| length).sum::<usize>(),
        line.text.len()
    );
}

#[test]
fn a_sequence_split_between_writes_is_one() {
    let buffer = written(&["\x1b[3", "1mré", "d\x1b[0m\n"]);
    assert_eq!(text(&buffer), ["réd"]);
    assert_eq!(buffer.line(0).spans.len(), 1);
}

#[test]
fn a_cursor_stays_in_its_list_and_its_pane() {
    let mut list = ListCursor::default();
    list.move_by(25, 100, 10);
    assert_eq!(
        list,
        ListCursor {
            cursor: 25,
            offset: 16
        }
    );
    list.move_by(-100, 100, 10);
    assert_eq!(list, ListCursor::default());
    list.set(99, 100, 10);
    list.clamp(5, 10);
    assert_eq!(
        list,
        ListCursor {
            cursor: 4,
            offset: 0
        }
    );
    list.scroll(3, 0, 10);
    assert_eq!(list, ListCursor::default());
    list.move_by(7, 100, 0);
    assert_eq!(list.cursor, 7);
}

fn page(total: u64, from: u64, rows: usize) -> TablePage {
    TablePage {
        title: "df".to_owned(),
        columns: (0..5)
            .map(|index| TableColumn {
                name: format!("column{index}"),
                dtype: "i64".to_owned(),
                right: true,
            })
            .collect(),
        total,
        from,
        rows: std::sync::Arc::new(vec![vec!["1".to_owned(); 5]; rows]),
    }
}

#[test]
fn a_grid_asks_for_rows_that_are_not_loaded() {
    let mut grid = Grid::default();
    grid.set_page(page(50_000_000, 0, 500));
    assert_eq!(grid.go_to_row(400, 20), None);
    let from = grid.go_to_row(49_999_999, 20).expect("a page to load");
    assert_eq!(grid.top, 49_999_980);
    grid.set_page(page(50_000_000, from, 500));
    assert_eq!(grid.go_to_row(49_999_990, 20), None);
    assert!(grid.row(49_999_999).is_some());
    assert!(grid.go_to_row(0, 20).is_some());
}

#[test]
fn a_grid_scrolls_sideways_as_far_as_it_must() {
    let mut grid = Grid::default();
    grid.set_page(page(3, 0, 3));
    grid.move_column(4, 30);
    assert_eq!(grid.column, 4);
    assert!(grid.left > 0);
    grid.move_column(-10, 30);
    assert_eq!((grid.column, grid.left), (0, 0));
    grid.move_column(1, 0);
    assert_eq!(grid.column, 1);
}

#[test]
fn the_palette_finds_commands_by_name_and_by_explanation() {
    let first = |query: &str| palette::matches(query).first().map(|spec| spec.name);
    assert_eq!(first("resume"), Some("resume"));
    assert_eq!(first("clipboard"), Some("copy"));
    assert_eq!(first("zzzzzz"), None);
    assert!(palette::matches("").len() > 30);
}

#[test]
fn numbers_in_words() {
    assert_eq!(words::duration(23.4), "23 ms");
    assert_eq!(words::duration(1234.0), "1.2 s");
    assert_eq!(words::duration(185_000.0), "3 min 05 s");
    assert_eq!(words::duration(7_260_000.0), "2 h 01 min");
    assert_eq!(words::bytes(0), "");
    assert_eq!(words::bytes(17), "17 B");
    assert_eq!(words::bytes(999_950), "1.0 MB");
    assert_eq!(words::bytes(2_100_000), "2.1 MB");
    assert_eq!(words::ago(10_000_000, 9_880_000), "2 min");
    assert_eq!(words::ago(0, 0), "");
}
