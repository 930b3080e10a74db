use super::*;

/// A flow file with two steps, `one` and `two`, that have these bodies.
pub(super) fn flow(head: &str, one: &str, two: &str) -> String {
    format!(
        "from metaflow import FlowSpec, step, Parameter, Config, config_expr, retry, resources
{head}

class F(FlowSpec):
    alpha = Parameter('alpha', default=1)

    @step
    def start(self):
        {one}
        self.next(self.end)

    def helper(self):
        return 1

    @property
    def size(self):
        return 2

    @step
    def end(self):
        {two}

if __name__ == '__main__':
    F()
"
    )
}

/// The names of the steps that change when `from` is replaced by `to` in one of the files.
pub(super) fn touched(files: &[(&str, String)], from: &str, to: &str) -> String {
    let at = files
        .iter()
        .position(|(_, text)| text.contains(from))
        .expect("something to edit");
    let edited: Vec<(&str, String)> = files
        .iter()
        .enumerate()
        .map(|(n, (name, text))| {
            (
                *name,
                if n == at {
                    text.replacen(from, to, 1)
                } else {
                    text.clone()
                },
            )
        })
        .collect();
    let of = |files: &[(&str, String)]| {
        let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
        project(&files)
    };
    let (old, new) = (of(files), of(&edited));
    assert!(
        !new.files().any(FlowFile::is_broken),
        "the edit broke something"
    );
    let found: Vec<String> = changes(&old, &new)
        .iter()
        .map(|change| change.step.to_string())
        .collect();
    let (old, new) = (old.fingerprints(), new.fingerprints());
    let differ: Vec<String> = new
        .iter()
        .filter(|(k, v)| old.get(*k) != Some(v))
        .map(|(k, _)| k.to_string())
        .collect();
    assert_eq!(found, differ, "reasons and fingerprints differ");
    found.join(" ")
}

/// The same for a flow with these texts, in which `1 + 0` is edited.
fn edit(head: &str, one: &str, two: &str) -> String {
    touched(&[("f.py", flow(head, one, two))], "1 + 0", "1 + 2")
}

#[test]
fn members_of_the_flow_are_reached_through_self() {
    let files = [("f.py", flow("", "self.helper()", "self.size"))];
    assert_eq!(touched(&files, "return 1", "return 3"), "start");
    assert_eq!(touched(&files, "return 2", "return 3"), "end");
    let files = [(
        "f.py",
        flow("", "getattr(self, 'helper')()", "print(F.size)"),
    )];
    assert_eq!(touched(&files, "return 1", "return 3"), "start");
    assert_eq!(touched(&files, "return 2", "return 3"), "end");
    let files = [(
        "f.py",
        flow(
            "def use(flow):\n    return flow.helper()",
            "use(self)",
            "self.x = 1",
        ),
    )];
    assert_eq!(touched(&files, "return 1", "return 3"), "start");
    let files = [(
        "f.py",
        flow(
            "",
            "(lambda: [self.helper() for _ in 'a'])()",
            "type(self).helper",
        ),
    )];
    assert_eq!(touched(&files, "return 1", "return 3"), "start end");
    let files = [("f.py", flow("", "getattr(self, 'hel' + 'per')()", "pass"))];
    assert_eq!(touched(&files, "return 1", "return 3"), "start");
    assert_eq!(touched(&files, "        pass", "        print(1)"), "end");
}

#[test]
fn edges_are_not_calls() {
    let files = [("f.py", flow("", "self.x = 1", "self.y = 1"))];
    assert_eq!(touched(&files, "self.y = 1", "self.y = 2"), "end");
}

#[test]
fn local_names_hide_those_of_the_module() {
    let head = "rows = 1 + 0\ndef g(x): return x";
    assert_eq!(edit(head, "rows = 5; print(rows)", "print(rows)"), "end");
    assert_eq!(
        edit(head, "for rows in []: pass", "[rows for rows in []]"),
        ""
    );
    assert_eq!(
        edit(head, "[x for x in [] if rows]", "with g(1) as rows: pass"),
        "start"
    );
    assert_eq!(
        edit(head, "(lambda rows: rows)(1)", "(lambda x=rows: x)()"),
        "end"
    );
    assert_eq!(
        edit(head, "global rows; rows = 2", "def rows(): pass"),
        "start"
    );
    assert_eq!(
        edit(
            head,
            "import rows; rows.x",
            "from a import b as rows; rows()"
        ),
        ""
    );
    assert_eq!(edit(head, "g(rows=1)", "g(x.rows)"), "");
    assert_eq!(edit(head, "f'{rows}'", "'rows'"), "start");
    assert_eq!(
        edit(head, "(rows := 3)", "print([(y := 1) for x in rows])"),
        "end"
    );
    assert_eq!(
        edit(head, "def inner(): return rows", "class C: rows = 3"),
        "start"
    );
    assert_eq!(
        edit(
            head,
            "x: rows = 1",
            "try: pass\n        except ValueError as rows: pass"
        ),
        "start"
    );
    assert_eq!(
        edit(
            head,
            "match 1:\n            case [rows, *_]: pass",
            "match 1:\n            case rows.x: pass"
        ),
        "end"
    );
}

#[test]
fn definitions_lead_on() {
    assert_eq!(
        edit("X = 1 + 0\nY = X\ndef f(): return Y", "f()", "pass"),
        "start"
    );
    assert_eq!(
        edit(
            "def f(): return g()\ndef g(): return f() + (1 + 0)",
            "f()",
            "pass"
        ),
        "start"
    );
    assert_eq!(
        edit("def d(f): return 1 + 0\n@d\ndef g(): pass", "g()", "pass"),
        "start"
    );
    assert_eq!(edit("X = 1 + 0\ndef f(a=X): pass", "f()", "pass"), "start");
    assert_eq!(
        edit("class A:\n    def m(self): return 1 + 0", "A().m()", "pass"),
        "start"
    );
    assert_eq!(
        edit(
            "class A:\n    def m(self): return 1 + 0\nclass B(A): pass",
            "B()",
            "pass"
        ),
        "start"
    );
    assert_eq!(edit("class A:\n    X = 1 + 0", "A.X", "pass"), "start");
    assert_eq!(
        edit(
            "if 1 + 0:\n    def f(): pass\nelse:\n    def g(): pass",
            "f()",
            "pass"
        ),
        "start"
    );
    assert_eq!(
        edit(
            "try:\n    import a\n    Y = 1 + 0\nexcept ImportError:\n    Y = 2",
            "print(Y)",
            "pass"
        ),
        "start"
    );
    assert_eq!(edit("X, Y = 1 + 0, 2", "print(Y)", "pass"), "start");
    assert_eq!(edit("X = 1\nX += 1 + 0", "print(X)", "pass"), "start");
    assert_eq!(
        edit("with open('x') as f:\n    X = 1 + 0", "print(X)", "pass"),
        "start"
    );
    assert_eq!(
        edit("for i in [1 + 0]:\n    X = i", "print(X)", "pass"),
        "start"
    );
}

#[test]
fn what_importing_does_counts_for_all() {
    assert_eq!(edit("print(1 + 0)", "pass", "pass"), "start end");
    assert_eq!(edit("X = {}\nX['a'] = 1 + 0", "pass", "pass"), "start end");
    assert_eq!(
        edit("def f(): return 1 + 0\nf()", "pass", "pass"),
        "start end"
    );
    assert_eq!(edit("if 1 + 0:\n    print(1)", "pass", "pass"), "start end");
    assert_eq!(
        edit(
            "X = {}\ndef reg(f):\n    X[f] = f\n    return f\n@reg\ndef g(): return 1 + 0",
            "X['g']()",
            "pass"
        ),
        "start end"
    );
    assert_eq!(edit("\"\"\"Text 1 + 0.\"\"\"", "pass", "pass"), "");
    assert_eq!(edit("'1 + 0'\n...", "pass", "pass"), "");
    let files = [("f.py", flow("", "pass", "pass"))];
    assert_eq!(touched(&files, "    F()", "    F(use_cli=True)"), "");
    assert_eq!(
        touched(
            &files,
            "    F()",
            "    import os\n    os.environ['A'] = 'b'\n    F()"
        ),
        "start end"
    );
}

#[test]
fn dynamic_look_ups_reach_the_module() {
    let head = "def f(): return 1 + 0";
    assert_eq!(edit(head, "globals()['f']()", "pass"), "start");
    assert_eq!(edit(head, "exec('f()')", "eval('f()')"), "start end");
    assert_eq!(
        edit(
            head,
            "import sys; getattr(sys.modules[__name__], 'f')()",
            "pass"
        ),
        "start"
    );
    assert_eq!(
        edit(head, "getattr(inputs, name)", "getattr(self.x, 'f')"),
        ""
    );
}

#[test]
fn decorators_and_configs_are_reached() {
    let files = [(
        "f.py",
        "from metaflow import FlowSpec, step, Config, Parameter, config_expr, resources, project, schedule
N = 3
CRON = '1'
@schedule(cron=CRON)
@project(name='p')
class F(FlowSpec):
    cfg = Config('cfg', default='a.json')
    other = Config('other', default='b.json')
    limit = Parameter('limit', default=config_expr('other.x'))

    @resources(cpu=cfg.cpu, memory=N)
    @step
    def start(self):
        self.next(self.end)

    @resources(cpu=config_expr('other.cpu + 1'))
    @step
    def end(self):
        print(self.limit)
"
        .to_owned(),
    )];
    assert_eq!(touched(&files, "a.json", "c.json"), "start");
    assert_eq!(touched(&files, "b.json", "c.json"), "end");
    assert_eq!(touched(&files, "N = 3", "N = 4"), "start");
    assert_eq!(touched(&files, "name='p'", "name='q'"), "start end");
    assert_eq!(touched(&files, "CRON = '1'", "CRON = '2'"), "");
    assert_eq!(
        touched(&files, "@schedule(cron=CRON)", "@schedule(daily=True)"),
        ""
    );
}

#[test]
fn what_may_be_registered_counts_for_all() {
    let one = |head: &str| edit(&format!("{head}\ndef g(): return 1 + 0"), "pass", "pass");
    assert_eq!(
        one("import web\napp = web.App()\n@app.route('/')"),
        "start end"
    );
    assert_eq!(one("import web\n@web.register"), "start end");
    assert_eq!(one("from numba import njit\n@njit"), "");
    assert_eq!(
        one("import functools\n@functools.lru_cache(maxsize=None)"),
        ""
    );
    assert_eq!(
        one("import functools\n@functools.singledispatch\ndef f(x): pass\n@f.register(int)"),
        "start end"
    );
    assert_eq!(
        edit(
            "KNOWN = {}\ndef keep(f): KNOWN[f.__name__] = f\ndef reg(f):\n    keep(f)\n    return f\n@reg\ndef g(): return 1 + 0",
            "pass",
            "pass"
        ),
        "start end"
    );
}

#[test]
fn functions_in_artifacts_reach_later_steps() {
    let head = "def f(x): return 1 + 0";
    let read = "print(self.g(1))";
    assert_eq!(edit(head, "self.g = f", read), "start end");
    assert_eq!(edit(head, "self.g = [f]", read), "start end");
    assert_eq!(edit(head, "g = f; self.g = g", read), "start end");
    assert_eq!(
        edit(head, "gs = {}; gs['f'] = f; self.g = gs", read),
        "start end"
    );
    assert_eq!(
        edit(head, "gs = []; gs.append(f); self.g = gs", read),
        "start end"
    );
    assert_eq!(
        edit(head, "self.gs = []; self.gs.append(f)", read),
        "start end"
    );
    assert_eq!(edit(head, "for g in [f]: self.g = g", read), "start end");
    assert_eq!(edit(head, "self.g = f(1)", read), "start");
    assert_eq!(edit(head, "g = f(1); self.g = g", read), "start");
    assert_eq!(edit(head, "self.g = f", "pass"), "start");
    assert_eq!(edit(head, "print(self.g)", "self.g = f"), "end");
}

#[test]
fn classes_of_artifacts_reach_later_steps() {
    let head = "class C:\n    def m(self): return 1 + 0";
    assert_eq!(edit(head, "self.c = C()", "print(self.c.m())"), "start end");
    assert_eq!(edit(head, "self.c = C()", "c = self.c; c.m()"), "start end");
    assert_eq!(edit(head, "self.c = C()", "print(self.c)"), "start");
    assert_eq!(edit(head, "self.c = C()", "print(1)"), "start");
    let head = "class C:\n    def __len__(self): return 1 + 0";
    assert_eq!(
        edit(head, "self.c = C()", "print(len(self.c))"),
        "start end"
    );
}

#[test]
fn the_text_of_strings_counts_wherever_it_stands() {
    for (step, from, to) in [
        ("print(f'{self.alpha:.2f}')", ".2f", ".3f"),
        ("print(f'{self.alpha:>{10}}')", ":>{", ":<{"),
        ("print(f'{self.alpha:,}')", ":,}", ":_}"),
        ("print(f'one\\n{self.alpha}')", "one", "two"),
        ("print(f'{{one}} {self.alpha}')", "one", "two"),
        ("print(b'one\\x00two')", "two", "one"),
    ] {
        let files = [("f.py", flow("", step, "pass"))];
        assert_eq!(touched(&files, from, to), "start", "{step}");
    }
}

#[test]
fn a_tuple_of_one_is_not_what_is_in_it() {
    for (step, from, to) in [
        ("(a,) = [1]", "(a,)", "(a)"),
        ("for (a,) in []: pass", "(a,)", "(a)"),
        ("a = (1,)", "(1,)", "(1)"),
    ] {
        let files = [("f.py", flow("", step, "pass"))];
        assert_eq!(touched(&files, from, to), "start", "{step}");
    }
    let files = [("f.py", flow("", "(a, b) = 1, 2", "pass"))];
    assert_eq!(touched(&files, "(a, b)", "(a, b,)"), "");
}

#[test]
fn the_first_iterable_of_a_comprehension_is_of_the_scope_around_it() {
    let head = "def rows(): return 1 + 0";
    assert_eq!(
        edit(
            head,
            "[rows for rows in rows()]",
            "[rows for x in [] for rows in rows]"
        ),
        "start"
    );
}

#[test]
fn each_definition_of_a_class_counts() {
    let head = "try:\n    import nope\n    class C:\n        x = 1 + 0\nexcept ImportError:\n    class C:\n        y = 2";
    assert_eq!(edit(head, "print(C.x)", "pass"), "start");
}

#[test]
fn what_is_registered_with_an_imported_function_counts_for_all() {
    let shapes = "from functools import singledispatch\n@singledispatch\ndef area(x): return 0";
    for head in [
        "from shapes import area\n@area.register\ndef _(x: int): return 1 + 0",
        "import shapes\n@shapes.area.register(int)\ndef _(x): return 1 + 0",
    ] {
        let files = [
            ("f.py", flow(head, "pass", "pass")),
            ("shapes.py", shapes.to_owned()),
        ];
        assert_eq!(touched(&files, "1 + 0", "1 + 2"), "start end", "{head}");
    }
}

#[test]
fn what_a_module_does_as_a_script_counts_for_none() {
    let module = "TABLE = {}\ndef f(): return 1\ndef fill():\n    TABLE['a'] = 1 + 0\n";
    for (end, expected) in [
        ("done = fill()", "start end"),
        ("if __name__ == '__main__':\n    done = fill()", ""),
    ] {
        let files = [
            ("f.py", flow("import m", "pass", "pass")),
            ("m.py", format!("{module}{end}\n")),
        ];
        assert_eq!(touched(&files, "1 + 0", "1 + 2"), expected, "{end}");
    }
}
