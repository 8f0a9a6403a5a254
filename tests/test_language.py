"""Every word that readers see exists in Spanish."""

from clv.report.extract import catalogue_of, missing


def test_no_message_lacks_its_spanish():
    assert missing(catalogue_of(), "es") == []
