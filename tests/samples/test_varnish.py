"""The sample VCL, in the real Varnish."""

import pytest

from tests.samples.edge import EdgeContract

pytestmark = pytest.mark.service("varnish")


class TestVarnish(EdgeContract):
    kind = "varnish"
