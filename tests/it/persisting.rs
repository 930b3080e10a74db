//! How artifacts are packed: whatever they are, Metaflow reads them, and they take no more room than when it writes them.

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
