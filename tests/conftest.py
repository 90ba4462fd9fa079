"""How hard the property tests try: a short, repeatable sample in every run, and ``make torture`` for the rest."""

from hypothesis import HealthCheck, settings

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
settings.register_profile("sample", max_examples=30, derandomize=True, **_COMMON)
settings.register_profile("torture", max_examples=2000, print_blob=True, **_COMMON)
settings.load_profile("sample")
