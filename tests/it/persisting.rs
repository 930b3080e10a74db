//! How artifacts are packed: whatever they are, Metaflow reads them, and they take no more room than when it writes them;
//! and none is stored twice.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;

use crate::support::{Sandbox, oracle, require, run, venv};

/// The sizes of an artifact's blob here, and with the compressor of Metaflow; and whether its bytes are those that were
/// stored under their hash.
const SIZES: &str = "
import gzip, hashlib, os, zlib
task = Flow('KindsFlow').latest_run['start'].task
result = {}
for artifact in task:
    key = artifact.sha
    path = os.path.join('.metaflow', 'KindsFlow', 'data', key[:2], key)
    data = gzip.open(path).read()
    if len(data) > 4096:
        packer = zlib.compressobj(3, wbits=31)
        theirs = len(packer.compress(data) + packer.flush())
        same = hashlib.sha1(data).hexdigest() == key and artifact.data is not None
        result[artifact.id] = [os.path.getsize(path), theirs, same]
";

/// What the smallest file takes of a disk.
const BLOCK: u64 = 4096;

#[test]
fn every_kind_of_data_is_read_by_metaflow_and_hardly_larger_than_its_own() {
    if require(venv::venv()).is_none() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.flow("kinds.py");
    run(sandbox.flowdev(["run", "kinds.py"])).expect_code(0);
    let sizes = oracle::client(&sandbox, SIZES);
    let sizes = sizes.as_object().expect("sizes by name");
    assert_eq!(sizes.len(), 15, "{sizes:?}");
    for (name, found) in sizes {
        let size = |at: usize| found[at].as_u64().expect("a size");
        assert_eq!(found[2], Value::Bool(true), "{name}");
        assert!(
            size(0) * 100 <= size(1) * 105 + BLOCK * 100,
            "{name}: {} bytes, where Metaflow has {}",
            size(0),
            size(1)
        );
    }
}

/// Steps that read large artifacts, of which the kernel does not tell whether they were changed.
const READING: &str = r#"
from metaflow import FlowSpec, step

class Reading(FlowSpec):
    @step
    def start(self):
        self.kept = [{"n": n} for n in range(600_000)]
        self.changed = [{"n": n} for n in range(600_000)]
        self.next(self.end)

    @step
    def end(self):
        self.changed[-1]["n"] = self.kept[-2]["n"]

if __name__ == "__main__":
    Reading()
"#;

/// The hash of the only artifact of that name in a store of runs or spins, and the numbers of its blob's file.
fn blob(sandbox: &Sandbox, store: &str, step: &str, name: &str) -> (String, u64) {
    let flow = sandbox.path(store).join("Reading");
    let run = newest(&flow);
    let task = flow.join(&run).join(step);
    let task = task.join(newest(&task));
    let manifest = fs::read_to_string(task.join("0.data.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let key = manifest["objects"][name]
        .as_str()
        .expect("a key")
        .to_owned();
    let file = flow.join("data").join(&key[..2]).join(&key);
    let number = fs::metadata(&file).expect("the blob").ino();
    (key, number)
}

/// The directory with the highest number.
fn newest(of: &Path) -> String {
    let names = fs::read_dir(of).expect("directory").flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let numbers = names.filter(|name| name.parse::<u64>().is_ok());
    numbers.max().expect("a numbered directory")
}

#[test]
fn a_spin_stores_no_second_copy_of_what_its_step_has_only_read() {
    let sandbox = Sandbox::new();
    sandbox.write("reading.py", READING);
    run(sandbox.flowdev(["run", "reading.py"])).expect_code(0);
    run(sandbox.flowdev(["spin", "reading.py", "end"])).expect_code(0);
    let of_run = |step, name| blob(&sandbox, ".metaflow", step, name);
    let of_spin = |name| blob(&sandbox, ".metaflow_spin", "end", name);
    assert_eq!(of_spin("kept"), of_run("start", "kept"));
    assert_eq!(of_run("end", "kept"), of_run("start", "kept"));
    // The same length, other bytes.
    assert_eq!(of_spin("changed").0, of_run("end", "changed").0);
    assert_ne!(of_spin("changed").0, of_run("start", "changed").0);
}
