"""Texts for property tests: ordinary Markdown, broken Markdown, hostile HTML, and any characters at all."""

from hypothesis import strategies as st

_PIECES = [
    *["# 做法\n", "## 做法\n", "#### 成效 ####\n", "##没有空格\n", "标题\n===\n", "标题\n---\n", "#\n", "# ![]()\n"],
    *["\n", "\n\n", "    ", "\t", "\r\n", " ", "  \n"],
    *["- ", "1. ", "> ", "- - > ", "* * *\n", "| 甲 | 乙 |\n|---|--:|\n| 1 | 2 |\n", "|", "\\"],
    *["**", "*", "_", "~~", "`", "```\n", "~~~\n", "``", "：", "“", "质量管理", "abc", "ISO 9001", "\0", "\x02"],
    *[
        "[",
        "](",
        ")",
        "![图](a.png)",
        "![](http://e.example/x.png)",
        "[链接](javascript:alert(1))",
        "<http://e.example>",
    ],
    *["[^1]", "[^1]: 注\n", "[^]: ", "^[行内注]", "[甲]: http://e.example\n", "[甲]", "&lt;", "&#0;", "&"],
    *["<!--", "-->", "<script>", "</script>", "<script src=x", "<style>", "<pre>", "</pre>", "<textarea>", "<select>"],
    *[
        "<table>",
        "<td>",
        "</table>",
        "<h2 id=main>",
        "</h2>",
        "<b>",
        "</p>",
        "</div>",
        "<div onclick='x()'>",
        "<svg/onload=x>",
    ],
    *[
        '<a href="',
        "<img src=x onerror=x alt='",
        "<iframe src=//e.example>",
        "<form action=x>",
        "<li id=fn1>",
        "<?x",
        "<![CDATA[",
    ],
]

markdown = st.lists(st.sampled_from(_PIECES) | st.text(max_size=8), max_size=40).map("".join)
