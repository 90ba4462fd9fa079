"""The digest of a value is what it was when it was first written down."""

import pytest

from caselib.canonical import canonical_json, canonical_sha256

VALUE = {"乙": "“é”/", "a": [1, 1.0, None, True], "b": {"d": {}, "c": "\n"}}


def test_a_value_has_one_text_and_one_digest() -> None:
    assert canonical_json(VALUE) == '{"a":[1,1.0,null,true],"b":{"c":"\\n","d":{}},"乙":"“é”/"}'
    assert canonical_sha256(VALUE) == "65ed8309d873adcfd5f808639039146f7bdc9668dfac6b3d137350174baec2f8"


def test_what_json_does_not_have_is_refused_where_a_file_is_for_others() -> None:
    assert canonical_json([float("nan")]) == "[NaN]"
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_sha256([float("nan")], allow_nan=False)
