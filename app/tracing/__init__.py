"""Traces for OpenTelemetry, where the extra `otel` is installed and an exporter configured; else no cost."""
