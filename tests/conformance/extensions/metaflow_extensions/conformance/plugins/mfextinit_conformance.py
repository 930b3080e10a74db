"""Decorators that come from an extension."""

STEP_DECORATORS_DESC = [("conformance_step_decorator", ".step_decorator.ConformanceStepDecorator")]

FLOW_DECORATORS_DESC = [("conformance_flow_decorator", ".flow_decorator.ConformanceFlowDecorator")]

__mf_promote_submodules__ = ["just_a_module", "frameworks"]
