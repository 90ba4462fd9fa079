"""The API's description: well formed, complete, and true."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from caselib import __version__
from caselib.web import openapi, parameters

DOCUMENT = openapi.document("/")
OPERATIONS = {path: methods["get"] for path, methods in DOCUMENT["paths"].items()}
SCHEMAS = DOCUMENT["components"]["schemas"]


def everywhere(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from everywhere(each)


def test_the_document_has_the_parts_that_openapi_3_1_asks_for() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert (DOCUMENT["info"]["title"], DOCUMENT["info"]["version"]) == ("小微企业质量提升案例库开放接口", __version__)
    assert DOCUMENT["servers"] == [{"url": "/"}]
    assert DOCUMENT.keys() == {"openapi", "info", "servers", "paths", "components"}


def test_every_operation_is_whole() -> None:
    methods = {path: sorted(methods) for path, methods in DOCUMENT["paths"].items()}
    assert methods == {path: ["get"] for path in OPERATIONS} | {"/api/v1/describe": ["get", "post"]}
    assert len(OPERATIONS) == 6
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names)) == 7
    for operation in OPERATIONS.values():
        assert operation.keys() == {"operationId", "summary", "parameters", "responses"}
        assert {"200", "304", "405", "406"} <= operation["responses"].keys()
        assert [status for status in operation["responses"] if not re.fullmatch(r"[2-5]\d\d", status)] == []
        assert all(response["description"] for response in operation["responses"].values())


ASKED = (
    "GET /api/v1/search",
    "GET /api/v1/search?page=0",
    "GET /api/v1/cases/tea",
    "GET /api/v1/cases/none",
    "GET /api/v1/cases/tea?lang=en",
    "GET /api/v1/guides/packaging-2022",
    "GET /api/v1/guides/none",
    "GET /api/v1/guides/packaging-2022?lang=en",
    "GET /api/v1/suggest?q=zl",
    "GET /api/v1/suggest?text=a",
    "GET /api/v1/describe?q=返工",
    "GET /api/v1/describe",
    "POST /api/v1/describe",
    "GET /api/v1/taxonomy/problems",
    "GET /api/v1/taxonomy/colours",
    "GET /api/v1/taxonomy/problems?lang=en",
)


def test_every_status_that_an_address_answers_is_described(reader: FlaskClient) -> None:
    adapter = reader.application.url_map.bind("localhost")
    described = {each.name: {200, *each.failures} for each in openapi.OPERATIONS}
    undescribed = []
    for asked in ASKED:
        method, address = asked.split()
        name = str(adapter.match(address.partition("?")[0], method)[0]).removeprefix("api.")
        status = reader.open(address, method=method).status_code
        if status not in described[name]:
            undescribed.append((asked, status))
    assert undescribed == []


def test_what_is_sent_is_described(reader: FlaskClient) -> None:
    told = DOCUMENT["paths"]["/api/v1/describe"]["post"]
    assert told.keys() == {"operationId", "summary", "parameters", "requestBody", "responses"}
    assert (told["parameters"], told["responses"].keys()) == ([], {"200", "400", "405", "406", "413", "503"})
    assert told["requestBody"]["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/Story"}}}
    schema = SCHEMAS["Story"]
    assert (schema["required"], list(schema["properties"]), schema["additionalProperties"]) == (["q"], ["q"], False)
    example = schema["properties"]["q"]["examples"][0]
    assert reader.post("/api/v1/describe", json={"q": example}).get_json().keys() == {
        *SCHEMAS["DescriptionAnswer"]["properties"]
    }


def test_every_parameter_is_described_once() -> None:
    for path, operation in OPERATIONS.items():
        places = [(each["in"], each["name"]) for each in operation["parameters"]]
        assert len(places) == len(set(places))
        assert {name for where, name in places if where == "path"} == set(re.findall(r"\{(\w+)\}", path))
        assert all(each["required"] for each in operation["parameters"] if each["in"] == "path")
        assert all(each["description"].endswith("。") and "type" in each["schema"] for each in operation["parameters"])


def test_every_reference_leads_somewhere() -> None:
    wanted = {each["$ref"] for each in everywhere(DOCUMENT) if "$ref" in each}
    assert wanted - {f"#/components/schemas/{name}" for name in SCHEMAS} == set()
    assert {"SearchAnswer", "Hit", "Facets", "FacetValue", "CaseAnswer", "GuideAnswer", "ErrorAnswer"} <= SCHEMAS.keys()


def test_every_address_of_the_api_is_described_and_no_other(library: Flask) -> None:
    served = {
        re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        for rule in library.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
    }
    assert served == OPERATIONS.keys()


def test_the_search_takes_what_the_model_parses() -> None:
    assert [each["name"] for each in OPERATIONS["/api/v1/search"]["parameters"]] == list(parameters.NAMES)


def test_every_documented_parameter_is_accepted(reader: FlaskClient) -> None:
    asked = {each["name"]: each["example"] for each in OPERATIONS["/api/v1/search"]["parameters"]}
    refused = {
        name: reader.get("/api/v1/search", query_string={name: value}).status_code for name, value in asked.items()
    }
    assert refused == dict.fromkeys(parameters.NAMES, 200)
    assert reader.get("/api/v1/search", query_string=asked).status_code == 200


def test_every_documented_value_is_accepted(reader: FlaskClient) -> None:
    for each in OPERATIONS["/api/v1/search"]["parameters"]:
        schema = each["schema"].get("items", each["schema"])
        for value in [*schema.get("enum", []), *(schema[end] for end in ("minimum", "maximum") if end in schema)]:
            assert reader.get("/api/v1/search", query_string={each["name"]: value}).status_code == 200


def test_values_beyond_the_documented_ends_are_refused(reader: FlaskClient) -> None:
    for each in OPERATIONS["/api/v1/search"]["parameters"]:
        schema = each["schema"].get("items", each["schema"])
        for value in [schema[end] + step for end, step in (("minimum", -1), ("maximum", 1)) if end in schema]:
            assert reader.get("/api/v1/search", query_string={each["name"]: value}).status_code == 400


def test_how_much_is_taken_of_words_and_of_each_filter_is_documented() -> None:
    schemas = {each["name"]: each["schema"] for each in OPERATIONS["/api/v1/search"]["parameters"]}
    assert {name for name in schemas if schemas[name].get("maxItems") == 50} == {*parameters.FILTERS}
    assert schemas["q"]["maxLength"] == 500


def test_answers_have_the_keys_that_are_described(reader: FlaskClient) -> None:
    def keys(name: str) -> set[str]:
        return set(SCHEMAS[name]["properties"])

    found = reader.get("/api/v1/search?kind=case").get_json()
    assert found.keys() == keys("SearchAnswer")
    assert found["facets"].keys() == keys("Facets")
    assert {frozenset(hit) for hit in found["hits"]} == {frozenset(keys("Hit"))}
    assert found["facets"]["industry"][0].keys() == keys("FacetValue")
    case = reader.get("/api/v1/cases/tea").get_json()
    assert (case.keys(), case["front_matter"].keys()) == (keys("CaseAnswer"), keys("CaseMeta"))
    guide = reader.get("/api/v1/guides/packaging-2022").get_json()
    assert (guide.keys(), guide["front_matter"].keys()) == (keys("GuideAnswer"), keys("GuideMeta"))
    terms = reader.get("/api/v1/taxonomy/regions").get_json()
    assert (terms.keys(), terms["terms"][0].keys()) == (keys("TaxonomyAnswer"), keys("TermAnswer"))
    refused = reader.get("/api/v1/search?page=0").get_json()
    assert (refused.keys(), refused["error"].keys()) == (keys("ErrorAnswer"), keys("Error"))


def test_what_the_page_shows_as_an_example_is_in_the_library(reader: FlaskClient) -> None:
    page = reader.get("/api/").get_data(as_text=True)
    examples = dict(re.findall(r'<a href="(/api/v1/(?:cases|guides)/[^"]+)"><code>([^<]+)</code>', page))
    assert examples == {
        "/api/v1/cases/packaging": "/api/v1/cases/{slug}",
        "/api/v1/guides/packaging-2022": "/api/v1/guides/{slug}",
    }


def test_the_document_is_served_as_it_is(reader: FlaskClient) -> None:
    answer = reader.get("/api/openapi.json")
    assert answer.mimetype == "application/json"
    assert answer.get_json() == DOCUMENT
