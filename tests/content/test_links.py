import pytest

from caselib.content.links import relative_targets
from tests.growth import BOUNDED, growth


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("![图](a.png)", [(1, "a.png")]),
        ('文字 ![图](x/a.png "题注") 和 [附件](<b c.pdf>)', [(1, "x/a.png"), (1, "b c.pdf")]),
        ("一\n\n![图](%E5%9B%BE.png)", [(3, "图.png")]),
        ("[节](a.pdf#page=2) [问](b.pdf?x=1)", [(1, "a.pdf"), (1, "b.pdf")]),
        ("[x]: a.png\n   [y]: <b.png>", [(1, "a.png"), (2, "b.png")]),
        ("[外](https://example.cn/a.png) [站内](/cases/x) [锚](#做法) [信](mailto:a@b.cn) [空]()", []),
        ("[^1]: 脚注里的文字", []),
        ("`![图](a.png)` 和 ``[x](b.png)``", []),
        ("```\n![图](a.png)\n```\n![图](b.png)", [(4, "b.png")]),
        ("~~~~\n~~~\n![图](a.png)\n~~~~\n![图](b.png)", [(5, "b.png")]),
        ("[![图](a.png)](/x) [甲 [乙](b.png)", [(1, "a.png"), (1, "b.png")]),
        ("``代码` [x](a.png)", [(1, "a.png")]),
        ("没有链接的 [方括号] 和 (圆括号)", []),
        ("![](图(1).png) ![甲[1]](b.png) ![](a\\_b\\(2.png)", [(1, "图(1).png"), (1, "b.png"), (1, "a_b(2.png")]),
        ("[x](/img/a.png?v=1) ![](//a.cn/b.png) [站内](/x.md)\n[x]: /img/c.PDF", [(1, "img/a.png"), (2, "img/c.PDF")]),
        ("文\n<img\nalt='b > a' src=\"a&amp;b.png\"> <A class=x href=c.pdf>", [(2, "a&b.png"), (3, "c.pdf")]),
        ("`<img src=a.png>` <img data-src=b.png> <img src='http://a.cn/c.png'> <abbr href=d.png>", []),
        ("```\n![](b.png)\n```\n\n```\n## 节\n\n![](a.png)", [(8, "a.png")]),
        ("```代码```\n![](a.png)\n```\n代码\n```", [(2, "a.png")]),
        ("```\n```python\n![](b.png)\n```\n![](a.png)", [(5, "a.png")]),
    ],
)
def test_relative_links_and_images_outside_of_code_are_found_with_their_lines(
    body: str, found: list[tuple[int, str]]
) -> None:
    assert list(relative_targets(body)) == found


@pytest.mark.parametrize("start", ["[", "`", "[](< ", "` `` ``` ", "[[]", "<a ", "<a '", '<img "', "<img src="])
def test_a_hostile_line_is_read_in_a_time_bounded_by_its_size(start: str) -> None:
    def read(size: int) -> set[str]:
        body = "](" + start * (size // len(start)) + "[图](a.png)"
        return {target for _, target in relative_targets(body)} - {"<"}

    assert growth(read, 20_000) < BOUNDED
    assert read(200_000) == {"a.png"}
