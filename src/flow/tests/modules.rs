use super::reach::{flow, touched};
use super::*;

fn packages() -> Vec<(&'static str, String)> {
    let file = |text: &str| text.to_owned();
    vec![
        (
            "f.py",
            flow(
                "import pkg.a as a\nimport pkg.b\nfrom pkg import c, NAME as N",
                "a.f(); print(N)",
                "pkg.b.g(); c.h()",
            ),
        ),
        (
            "pkg/__init__.py",
            file("from .d import NAME\nVERSION = 'v1'\n"),
        ),
        (
            "pkg/a.py",
            file(
                "from . import d\nimport top\ndef f(): return d.value() + top.x()\ndef unused(): return 'unused'\n",
            ),
        ),
        (
            "pkg/b.py",
            file("from ..nowhere import x\nfrom .sub import *\ndef g(): return deep()\n"),
        ),
        ("pkg/c.py", file("import sys\ndef h(): return 'h'\n")),
        (
            "pkg/d.py",
            file("NAME = 'name'\ndef value(): return 'value'\n"),
        ),
        (
            "pkg/sub/__init__.py",
            file("from .deepest import deep, other\n"),
        ),
        (
            "pkg/sub/deepest.py",
            file("def deep(): return 'deep'\ndef other(): return 'other'\n"),
        ),
        ("top.py", file("def x(): return 'x'\n")),
    ]
}

#[test]
fn modules_and_packages_are_followed() {
    let files = packages();
    assert_eq!(touched(&files, "'value'", "'w'"), "start");
    assert_eq!(touched(&files, "'x'", "'w'"), "start");
    assert_eq!(touched(&files, "'name'", "'w'"), "start");
    assert_eq!(touched(&files, "'h'", "'w'"), "end");
    assert_eq!(touched(&files, "'deep'", "'w'"), "end");
    assert_eq!(touched(&files, "'other'", "'w'"), "");
    assert_eq!(touched(&files, "'unused'", "'w'"), "");
    assert_eq!(touched(&files, "'v1'", "'w'"), "");
    assert_eq!(touched(&files, "VERSION = 'v1'", "print(1)"), "start end");
    let names: Vec<String> = {
        let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
        project(&files)
            .modules
            .iter()
            .map(|module| module.name.clone())
            .collect()
    };
    assert_eq!(
        names,
        [
            "pkg",
            "pkg.a",
            "pkg.b",
            "pkg.c",
            "pkg.d",
            "top",
            "pkg.sub",
            "pkg.sub.deepest"
        ]
    );
}

#[test]
fn imports_inside_steps_count() {
    let utils = "def f(): return 'f'\ndef g(): return 'g'\nprint('loud')\n".to_owned();
    let files = [
        ("f.py", flow("", "from utils import f; f()", "pass")),
        ("utils.py", utils.clone()),
    ];
    assert_eq!(touched(&files, "'f'", "'x'"), "start");
    assert_eq!(touched(&files, "'g'", "'x'"), "");
    assert_eq!(touched(&files, "'loud'", "'x'"), "start");
    let files = [
        ("f.py", flow("", "import utils; utils.g()", "import utils")),
        ("utils.py", utils.clone()),
    ];
    assert_eq!(touched(&files, "'g'", "'x'"), "start");
    assert_eq!(touched(&files, "'loud'", "'x'"), "start end");
    let files = [
        (
            "f.py",
            flow(
                "",
                "import importlib; importlib.import_module('utils').f()",
                "pass",
            ),
        ),
        ("utils.py", utils),
    ];
    assert_eq!(touched(&files, "'loud'", "'x'"), "start");
}

#[test]
fn modules_that_are_handed_on_count_whole() {
    let utils = "def f(): return 'f'\ndef g(): return 'g'\n".to_owned();
    let files = [
        (
            "f.py",
            flow("import utils", "call(utils)", "getattr(utils, 'f')()"),
        ),
        ("utils.py", utils.clone()),
    ];
    assert_eq!(touched(&files, "'g'", "'x'"), "start");
    assert_eq!(touched(&files, "return 'f'", "return 1"), "start end");
    let files = [
        (
            "f.py",
            flow("import utils", "getattr(utils, name)()", "vars(utils)"),
        ),
        ("utils.py", utils),
    ];
    assert_eq!(touched(&files, "'g'", "'x'"), "start end");
}

#[test]
fn stars_bring_names_in() {
    let utils = "def f(): return 'f'\ndef g(): return 'g'\n".to_owned();
    let files = [
        (
            "f.py",
            flow("from utils import *", "f()", "print(len([1]))"),
        ),
        ("utils.py", utils.clone()),
    ];
    assert_eq!(touched(&files, "'f'", "'x'"), "start");
    let files = [
        (
            "f.py",
            flow("from utils import *", "made_at_run_time()", "pass"),
        ),
        ("utils.py", utils),
    ];
    assert_eq!(touched(&files, "'f'", "'x'"), "start");
}

#[test]
fn inherited_steps_have_their_own_files() {
    let files = [
        (
            "f.py",
            "from base import Base
import mixins as m

class F(m.Mixin, Base):
    @step
    def start(self):
        super().start()
        self.next(self.end)

    def hook(self):
        return 'derived'

if __name__ == '__main__':
    F()
"
            .to_owned(),
        ),
        (
            "base.py",
            "from metaflow import FlowSpec, step, Parameter

class Base(FlowSpec):
    alpha = Parameter('alpha', default='one')

    @step
    def start(self):
        print('base start', self.alpha)

    @step
    def end(self):
        print('base end', self.hook())

    def hook(self):
        return 'base'

    def unused(self):
        return 'unused'
"
            .to_owned(),
        ),
        (
            "mixins.py",
            "from metaflow import step

class Mixin:
    @step
    def middle(self):
        print('middle')
        self.next(self.end)
"
            .to_owned(),
        ),
    ];
    let plain: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
    let loaded = project(&plain);
    let steps = &loaded.flow().unwrap().steps;
    let places: Vec<String> = steps
        .iter()
        .map(|s| format!("{} {}", s.name, s.file.display()))
        .collect();
    // `step` is not imported in the flow file, but its name says enough.
    assert_eq!(
        places,
        ["start /p/f.py", "end /p/base.py", "middle /p/mixins.py"]
    );
    assert_eq!(
        loaded.flow().unwrap().parameters[0].file,
        Path::new("/p/base.py")
    );
    assert_eq!(touched(&files, "'base start'", "'x'"), "start");
    assert_eq!(touched(&files, "'one'", "'two'"), "start");
    assert_eq!(touched(&files, "'base end'", "'x'"), "end");
    assert_eq!(touched(&files, "'derived'", "'x'"), "end");
    assert_eq!(touched(&files, "'base'", "'x'"), "");
    assert_eq!(touched(&files, "'unused'", "'x'"), "");
    assert_eq!(touched(&files, "'middle'", "'x'"), "middle");
    let reason = {
        let edited = plain
            .iter()
            .map(|(n, t)| (*n, t.replace("'base start'", "'x'")))
            .collect::<Vec<_>>();
        let edited: Vec<(&str, &str)> = edited.iter().map(|(n, t)| (*n, t.as_str())).collect();
        diff(&plain, &edited)
    };
    assert_eq!(reason, "start: base.Base.start changed at line 8");
}

#[test]
fn the_place_of_code_is_no_part_of_it() {
    let old = [(
        "f.py",
        flow("def f(): return 1\ndef g(): return 2", "f()", "g()"),
    )];
    let new = flow(
        "# moved\ndef g(): return 2\n\n\ndef f(): return 1",
        "f()",
        "g()",
    );
    let of = |text: &str| project(&[("f.py", text)]).fingerprints();
    assert_eq!(of(&old[0].1), of(&new));
}

#[test]
fn the_class_may_be_chosen() {
    let text = "from metaflow import FlowSpec, step
class A(FlowSpec):
    @step
    def start(self): print('a')
class B(FlowSpec):
    @step
    def start(self): print('b')
";
    let mut chosen = project(&[("f.py", text)]);
    assert_eq!(chosen.flow().unwrap().name, "B");
    chosen.class = Some("A".to_owned());
    let edited = text.replace("'a'", "'x'");
    let renewed = chosen.reload(&|_: &Path| Some(edited.clone()));
    assert_eq!(renewed.flow().unwrap().name, "A");
    assert_eq!(changes(&chosen, &renewed).len(), 1);
    assert_eq!(
        changes(&project(&[("f.py", text)]), &project(&[("f.py", &edited)])),
        []
    );
}

#[test]
fn modules_that_take_all_of_each_other_are_read_to_an_end() {
    let names: Vec<String> = (0..60).map(|at| format!("m{at}.py")).collect();
    let text = |at: usize| {
        let (one, other) = ((at + 1) % 60, (at + 7) % 60);
        format!("from m{one} import *\nfrom m{other} import *\nclass C{at}: pass\n")
    };
    let texts: Vec<String> = (0..60).map(text).collect();
    let step = "from m0 import *\nfrom metaflow import FlowSpec, step\n\n\nclass F(FlowSpec, C30, Nowhere):\n    @step\n    \
                def start(self):\n        self.x = C5, nowhere\n        self.next(self.end)\n\n    @step\n    def end(self):\n        pass\n";
    let mut files = vec![("f.py", step)];
    files.extend(
        names
            .iter()
            .map(|name| &**name)
            .zip(texts.iter().map(|text| &**text)),
    );
    let changed = texts[5].replace("C5: pass", "C5: x = 1");
    let mut edited = files.clone();
    edited[6].1 = &changed;
    // A base that no module shows may come from any, and all steps have it.
    let expected = "start: m5.C5.x changed at line 3\nend: m5.C5.x changed at line 3";
    assert_eq!(diff(&files, &edited), expected);
}

#[test]
fn code_means_something_else_under_other_imports() {
    let flow = "import m\nfrom metaflow import FlowSpec, step\n\n\nclass F(FlowSpec):\n    @step\n    def start(self):\n        \
                self.x = m.f()\n        self.next(self.end)\n\n    @step\n    def end(self):\n        pass\n";
    let known = "import one.a\nimport two.b\n";
    let lists = format!(
        "{known}import pkgutil\nimport one as jobs\n\ndef f():\n    return list(pkgutil.iter_modules(jobs.__path__))\n"
    );
    let makes = format!(
        "{known}from hydra.utils import instantiate\n\ndef f():\n    return instantiate({{}})\n"
    );
    for (text, one, other) in [
        (&lists, "import one as jobs", "import two as jobs"),
        (&makes, "from hydra.utils", "from factory"),
    ] {
        let edited = text.replace(one, other);
        let state = |text| {
            [
                ("f.py", flow),
                ("m.py", text),
                ("factory.py", "def instantiate(x): return x\n"),
                ("one/__init__.py", ""),
                ("one/a.py", "def g(): return 1\n"),
                ("two/__init__.py", ""),
                ("two/b.py", "def g(): return 1\n"),
            ]
        };
        let states = [state(&**text), state(&*edited)];
        for (before, after) in [(states[0], states[1]), (states[1], states[0])] {
            let read = |path: &Path| {
                let name = path.strip_prefix("/p").ok()?.to_str()?;
                let found = after.iter().find(|(file, _)| *file == name);
                found.map(|(_, text)| (*text).to_owned())
            };
            let renewed = project(&before).reload(&read);
            assert_eq!(renewed.code(), project(&after).code(), "{one} {other}");
        }
    }
}
