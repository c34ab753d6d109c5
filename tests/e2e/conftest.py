import pytest

from tests.e2e.product import Product, hurried, rehearsal


@pytest.fixture
async def installation(tmp_path):
    """One of its own, for a test that breaks it. Nothing is started."""
    product = Product(tmp_path)
    yield product
    await product.put_away()


@pytest.fixture(scope="module")
async def product(tmp_path_factory):
    """Running, under policies whose days are seconds. Whoever stops it starts it again."""
    folder = tmp_path_factory.mktemp("product")
    limits = {"A1": 6, "A": 2, "B": 20, "top": 2}
    policies = hurried(rehearsal(folder / "policies", limits), {"CP-N-4a": 6})
    policies = hurried(policies, {"CP-M-4": 8}, "care-plan.yaml")
    product = Product(folder, policies)
    # Left in this shell by somebody who works with another Temporal and another mail server.
    product.environment |= {
        "TEMPORAL_ADDRESS": "192.0.2.1:7233",
        "TEMPORAL_NAMESPACE": "another",
        "THROUGHCARE_SMTP_HOST": "192.0.2.1",
    }
    await product.start()
    yield product
    await product.put_away()
