"""Forms about gateways, routes and carriers' codes; one module per subject."""

from delivery.gateway_forms.codes import CodeForm
from delivery.gateway_forms.page import CarrierTemplateForm, TrialForm
from delivery.gateway_forms.routes import RouteForm, RouteQuestionForm
from delivery.gateway_forms.setup import GatewayForm

__all__ = ["CarrierTemplateForm", "CodeForm", "GatewayForm", "RouteForm", "RouteQuestionForm", "TrialForm"]
