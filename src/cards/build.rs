//! Cards made here: the default card of a task, blank cards, error cards; as Metaflow's default card lays them out.

use serde_json::{Map, Value, json};

use super::card::Card;
use super::component::Component;
use super::parts::{
    ArtifactItem, Artifacts, Cell, Dag, Image, Log, Markdown, Page, PythonCode, Section, Table,
    Title,
};

/// What a default card says of a task, gathered by who knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskFacts {
    /// `Flow/run/step/task`.
    pub pathspec: String,
    /// The attempt, from 0.
    pub attempt: u32,
    /// When it was created, as `%Y-%m-%d %I:%M:%S %p` in local time.
    pub created: String,
    /// When it finished, likewise; none while it runs.
    pub finished: Option<String>,
    /// How long it took, as `H:MM:SS`; none while it runs.
    pub duration: Option<String>,
    /// The run's tags.
    pub tags: Vec<String>,
    /// The user who ran it.
    pub user: String,
    /// The version of Metaflow that the card claims to be of.
    pub metaflow_version: String,
    /// The source of the step's function.
    pub code: String,
    /// The parameters.
    pub parameters: Vec<ParameterFact>,
    /// The artifacts that users see.
    pub artifacts: Vec<ArtifactFact>,
    /// The frames among the artifacts.
    pub tables: Vec<TableFact>,
    /// The pictures among the artifacts.
    pub images: Vec<ImageFact>,
    /// `{steps, start_step, end_step}` as the DAG component has it.
    pub dag: Value,
}

/// A parameter and its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterFact {
    /// Its name.
    pub name: String,
    /// The name of the value's class.
    pub type_name: String,
    /// The value's `repr`.
    pub repr: String,
}

/// An artifact, by what is shown of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArtifactFact {
    /// Its name.
    pub name: String,
    /// The name of the value's class.
    pub type_name: String,
    /// The value's `repr`; none when it is too large to show.
    pub repr: Option<String>,
}

/// The head of a frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableFact {
    /// The artifact's name.
    pub name: String,
    /// The headers.
    pub columns: Vec<String>,
    /// The first rows.
    pub rows: Vec<Vec<Value>>,
    /// How many rows there are in all.
    pub total_rows: u64,
}

/// A picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageFact {
    /// The artifact's name.
    pub name: String,
    /// A data URI with base64.
    pub src: String,
}

/// The default card of a task, around the components that its code has added.
#[must_use]
pub fn default_card(facts: TaskFacts, user: Vec<Component>) -> Card {
    let metadata = json!({
        "version": 1,
        "template": "defaultCardTemplate",
        "metaflow_version": facts.metaflow_version,
        "stderr": "",
        "stdout": "",
        "created_at": facts.created,
        "finished_at": facts.finished,
        "pathspec": facts.pathspec,
    });
    let mut contents = user;
    contents.push(section("Task Metadata", vec![task_table(&facts).into()]));
    let code = PythonCode {
        data: facts.code,
        ..PythonCode::default()
    };
    let code = Table {
        data: vec![vec![Cell::from(Component::from(code))]],
        ..Table::default()
    };
    contents.push(section("Task Code", vec![code.into()]));
    let parameters: Vec<ArtifactItem> = facts
        .parameters
        .into_iter()
        .map(|p| item(p.name, p.type_name, Some(p.repr)))
        .collect();
    contents.push(section(
        "Flow Parameters",
        vec![items_or(parameters, "No Parameters")],
    ));
    let artifacts: Vec<ArtifactItem> = facts
        .artifacts
        .into_iter()
        .map(|a| item(a.name, a.type_name, a.repr))
        .collect();
    contents.push(section(
        "Artifacts",
        vec![items_or(artifacts, "No Artifacts")],
    ));
    if !facts.tables.is_empty() {
        contents.push(section(
            "Tabular Data",
            facts.tables.into_iter().map(table_section).collect(),
        ));
    }
    if !facts.images.is_empty() {
        let image = |fact: ImageFact| {
            Image {
                src: fact.src,
                label: Some(fact.name),
                ..Image::default()
            }
            .into()
        };
        contents.push(
            Section {
                title: Some("Image Data".to_owned()),
                columns: u32::try_from(facts.images.len()).ok(),
                contents: facts.images.into_iter().map(image).collect(),
                ..Section::default()
            }
            .into(),
        );
    }
    contents.push(section(
        "DAG",
        vec![
            Dag {
                data: facts.dag,
                ..Dag::default()
            }
            .into(),
        ],
    ));
    let title = Title {
        text: facts.pathspec,
        ..Title::default()
    };
    let page = Page {
        title: Some("Task Info".to_owned()),
        contents,
        ..Page::default()
    };
    Card {
        metadata: object(metadata),
        components: vec![title.into(), page.into()],
    }
}

/// A card of the user's components alone.
#[must_use]
pub fn blank_card(pathspec: &str, title: &str, components: Vec<Component>) -> Card {
    let page = Page {
        title: Some(title.to_owned()),
        contents: components,
        ..Page::default()
    };
    Card {
        metadata: object(json!({"pathspec": pathspec})),
        components: vec![page.into()],
    }
}

/// A card that says why there is none.
#[must_use]
pub fn error_card(pathspec: &str, text: &str) -> Card {
    let log = Log {
        data: text.to_owned(),
        ..Log::default()
    };
    let page = Page {
        title: Some("Error Card".to_owned()),
        contents: vec![section("Card Render Failed With Error", vec![log.into()])],
        ..Page::default()
    };
    Card {
        metadata: object(json!({"pathspec": pathspec})),
        components: vec![page.into()],
    }
}

/// The component that stands for one that could not be rendered.
#[must_use]
pub fn log_of_error(title: &str, error: &str) -> Component {
    Log {
        data: format!("{title}\n\n{error}"),
        ..Log::default()
    }
    .into()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn section(title: &str, contents: Vec<Component>) -> Component {
    Section {
        title: Some(title.to_owned()),
        contents,
        ..Section::default()
    }
    .into()
}

fn item(name: String, type_name: String, repr: Option<String>) -> ArtifactItem {
    ArtifactItem {
        type_name,
        large_object: repr.is_none(),
        data: repr.map_or(Value::Null, Value::from),
        only_repr: true,
        name: Some(name),
        ..ArtifactItem::default()
    }
}

/// Values under their names; a title that says so where there are none.
fn items_or(items: Vec<ArtifactItem>, otherwise: &str) -> Component {
    if items.is_empty() {
        return Title {
            text: otherwise.to_owned(),
            ..Title::default()
        }
        .into();
    }
    Artifacts {
        data: items,
        ..Artifacts::default()
    }
    .into()
}

fn task_table(facts: &TaskFacts) -> Table {
    let mut columns = vec!["Task Created On", "Task Finished On", "Tags", "Attempt"];
    let mut row = vec![
        json!(facts.created),
        json!(facts.finished),
        json!(facts.tags.join(", ")),
        json!(facts.attempt),
    ];
    if let Some(duration) = &facts.duration {
        columns.push("Task Duration");
        row.push(json!(duration));
    }
    columns.push("User");
    row.push(json!(facts.user));
    Table {
        columns: columns.into_iter().map(Value::from).collect(),
        data: vec![row.into_iter().map(Cell::Raw).collect()],
        vertical: true,
        ..Table::default()
    }
}

fn table_section(fact: TableFact) -> Component {
    let shown = fact.rows.len();
    // The first one labels the rows.
    let columns = fact.columns.len().saturating_sub(1);
    let table = Table {
        columns: fact.columns.into_iter().map(Value::from).collect(),
        data: fact
            .rows
            .into_iter()
            .map(|row| row.into_iter().map(Cell::Raw).collect())
            .collect(),
        ..Table::default()
    };
    let hidden = fact.total_rows.saturating_sub(shown as u64);
    let note = Markdown {
        source: format!("\n_Truncated - {hidden} rows not shown_"),
        ..Markdown::default()
    };
    let contents = vec![Component::from(table), note.into()];
    Section {
        title: Some(format!(
            "Artifact Name: {} ({columns} columns and {} rows)",
            fact.name, fact.total_rows
        )),
        contents,
        ..Section::default()
    }
    .into()
}
