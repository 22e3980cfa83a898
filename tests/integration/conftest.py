"""Fixtures of the integration tests."""

import pytest

from harness.export_service import ExportService


@pytest.fixture(scope="session")
def exporter(build, tmp_path_factory):
    """The export service over documents that tests make."""
    service = ExportService(build, tmp_path_factory.mktemp("export"))
    yield service
    service.stop()
