//! The state machine with injected notices and clock, and the real thing on a real file system.

mod real;
mod sequence;

const FLOW: &str = "\
from metaflow import FlowSpec, step
import utils

class F(FlowSpec):
    @step
    def start(self):
        self.x = utils.clean(1)
        self.next(self.end)

    @step
    def end(self):
        print(self.x)

if __name__ == '__main__':
    F()
";

const UTILS: &str = "def clean(x):\n    return x\n";
