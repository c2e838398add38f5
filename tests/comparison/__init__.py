"""Our GeoPolRisk beside the published library's: `make compare`."""
