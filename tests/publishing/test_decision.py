"""What a decision file may hold, and what a broken one is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from caselib.errors import CaselibError
from caselib.publishing.decision import fingerprint, load, parse
from tests.publishing.decisions import MARKS, a_decision, save


def test_the_fingerprint_is_that_of_the_canonical_json_without_itself() -> None:
    expected = "7a735438f74645c6c135678034a57aefd15cbdc22f00d0e80b1a4146b116bf98"  # of {"a":1,"b":"甲"}
    assert fingerprint({"b": "甲", "a": 1, "sha256": "x"}) == expected


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other/1"}, "format 不是 caselib-decision/1"),
        ({"size": 0}, "size"),
        ({"method": "median"}, "method"),
        ({"include": ["nobody"]}, "include[0]：没有编号为“nobody”的申报"),
        ({"include": ["a"], "exclude": ["a"]}, "“a”既在 include 又在 exclude"),
        ({"recusals": [{"submission": "z", "expert": "e"}]}, "recusals[0]：没有编号为“z”的申报"),
        ({"quotas": [{"attribute": "province", "min": 3, "max": 1}]}, "quotas[0]：下限 3 大于上限 1"),
        ({"quotas": [{"attribute": "colour", "max": 1}]}, "quotas[0].attribute"),
        (
            {"scores": [{"submission": "q", "expert": "e", "criterion": "whole", "score": 1}]},
            "scores[0]：没有编号为“q”",
        ),
        ({"scores": [{"submission": "a", "expert": "e", "criterion": "x", "score": 1}]}, "scores[0]：评分表没有“x”"),
        ({"scores": [{"submission": "a", "expert": "e", "criterion": "whole", "score": 101}]}, "不在 0 到 100 之间"),
        ({"scores": [{"submission": "a", "expert": "e", "criterion": "whole", "score": -1}]}, "不在 0 到 100 之间"),
        ({"scores": [{"submission": "a", "expert": "e", "criterion": "whole", "score": 1}] * 2}, "重复评分"),
        ({"submissions": [{"id": "a"}, {"id": "a"}], "scores": []}, "submissions：“a”出现多次"),
    ],
)
def test_a_faulty_file_is_told_what_and_where(change: dict[str, Any], said: str) -> None:
    with pytest.raises(CaselibError) as error:
        parse(a_decision(MARKS, **change))
    assert said in error.value.message


@pytest.mark.parametrize("data", [b"", b"[1]", b"{", b"\xff\xfe", b"[" * 100000])
def test_what_is_not_such_a_file_gives_a_message(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(CaselibError):
        load(path)


def test_what_json_should_not_hold_is_refused_without_a_traceback(tmp_path: Path) -> None:
    good = json.dumps(a_decision(MARKS) | {"sha256": "0" * 64})
    for place, said in [
        ('"weight": 1.0|"weight": Infinity', "不是合法的 JSON"),
        ('"score": 90|"score": NaN', "不是合法的 JSON"),
        ('"max": 100|"max": 1e999', "rubric[0].max"),
        ('"recusals"|"note": 1e999, "recusals"', "无法计算指纹"),
        ('"title": "a"|"title": "\\ud800"', "无法计算指纹"),
        ('"recusals"|"note": "\\ud800", "recusals"', "无法计算指纹"),
        ('"recusals"|"note": ' + "[" * 300 + "]" * 300 + ', "recusals"', "无法计算指纹"),
        ('"score": 90|"score": true', "scores[0].score"),
        ("{|{,", "不是合法的 JSON：第 1 行第 2 个字符处读不通。"),
        ('"size": 2|"size": 2, "size": 1', "不是合法的 JSON：键“size”写了两次。"),
        ('"score": 90|"score": 90, "score": 91', "不是合法的 JSON：键“score”写了两次。"),
    ]:
        path = tmp_path / "x.json"
        path.write_text(good.replace(*place.split("|")), encoding="utf-8")
        with pytest.raises(CaselibError) as error:
            load(path)
        assert said in error.value.message


def test_a_format_fault_is_told_in_chinese() -> None:
    content = a_decision(MARKS, size=0, method="median", quotas=[{"attribute": "province", "min": -1, "max": "x"}])
    del content["rubric"][0]["max"]
    with pytest.raises(CaselibError) as error:
        parse(content)
    assert error.value.message.splitlines()[1:] == [
        "size：应大于 0，现为 0",
        "method：应为 mean、trimmed、zscore、mixed、robust 之一，现为“median”",
        "rubric[0].max：缺少这一项",
        "quotas[0].min：应不小于 0，现为 -1",
        "quotas[0].max：应为整数，现为“x”",
    ]
    with pytest.raises(CaselibError, match="size：应不大于 1000000，现为 1000"):
        parse(a_decision(MARKS, size=10**400))


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        ("province", "330400", "quotas[0]：“330400”不是省份代码，应为六位、后四位是 0，如 330000"),
        ("province", "浙江", "quotas[0]：“浙江”不是省份代码，应为六位、后四位是 0，如 330000"),
        ("industry_letter", "C23", "quotas[0]：“C23”不是行业门类代码，应为一个大写字母，如 C"),
        ("industry", "23", "quotas[0]：“23”不是行业代码，应为门类字母加两位数字，如 C23"),
        ("firm_size", "", "quotas[0].value"),
    ],
)
def test_a_quota_on_a_value_that_nothing_can_have_is_refused(attribute: str, value: str, said: str) -> None:
    with pytest.raises(CaselibError) as error:
        parse(a_decision(MARKS, quotas=[{"attribute": attribute, "value": value, "max": 1}]))
    assert said in error.value.message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quotas": [{"attribute": "province", "maximum": 1}]}, "quotas[0].maximum：没有这个键，请检查拼写"),
        ({"quotas": [{"attribute": "province"}]}, "quotas[0]：既没有下限也没有上限"),
        ({"quotas": [{"attribute": "province", "max": True}]}, "quotas[0].max：应为整数，现为 true"),
        ({"quotas": [{"attribute": "province", "min": "1"}]}, "quotas[0].min：应为整数，现为“1”"),
        ({"size": True}, "size：应为整数，现为 true"),
        ({"size": None}, "size：应为整数，现为空值（null）"),
        ({"size": float("inf")}, "size：应为整数，这个数太大"),
        (
            {"scores": [{"submission": "a", "expert": "e", "criterion": "whole", "score": float("inf")}]},
            "scores[0].score：应为有限的数，这个数太大",
        ),
        ({"size": "3"}, "size：应为整数，现为“3”"),
        ({"size": 3.0}, "size：应为整数，现为 3.0"),
        ({"rubric": [{"key": "whole", "max": "100"}]}, "rubric[0].max：应为数，现为“100”"),
        ({"rubric": [{"key": "whole", "max": 100, "weight": "1"}]}, "rubric[0].weight：应为数，现为“1”"),
    ],
)
def test_a_rule_that_would_not_hold_as_it_is_written_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(CaselibError) as error:
        parse(a_decision(MARKS, **change))
    assert error.value.message.splitlines()[1:] == [said]


def test_a_file_changed_after_its_export_is_refused(tmp_path: Path) -> None:
    content = a_decision(MARKS)
    content["sha256"] = fingerprint(content)
    content["scores"][0]["score"] = 1
    with pytest.raises(CaselibError, match="与其 sha256 不符"):
        load(save(tmp_path, content))
