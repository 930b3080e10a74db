use super::*;

const LINEAR: &str = "\
from metaflow import FlowSpec, step

class F(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
";

#[test]
fn a_flow_has_its_steps() {
    let file = parse(Path::new("f.py"), LINEAR);
    let graph = Graph::build(&file.flows[0].steps);
    assert_eq!(graph.structure().to_string(), r#"["start","end"]"#);
}
