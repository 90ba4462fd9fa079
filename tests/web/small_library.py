"""A library small enough to know by heart: three cases, a guide, a batch and a page, written for the tests."""

from pathlib import Path

FILES = {
    "cases/packaging.md": """---
title: 包装企业查清返工原因 <合格率> 上去了
industry: [C23]
region: "330400"
year: 2022
batch: 3
firm: 嘉兴某包装有限公司
firm_size: 小型
submitter: 浙江省市场监督管理局
problems: [quality-awareness]
effects: [product-quality, cost-reduction]
metrics:
  - {name: 产品合格率, unit: "%", before: 98.2, after: 99.8, checked_by: 张三}
guides: [packaging-2022]
summary: 查清返工的原因，产品合格率提高。
published: 2023-04-20
reviewer: 不公开的一行
---
## 问题

返工多，说不清原因。

## 成效

产品合格率从98.2%提高到99.8%。
""",
    "cases/sanitary.md": """---
title: 卫浴企业把检验做到每道工序
industry: [C30]
region: "350500"
year: 2021
firm_size: 微型
problems: [quality-awareness]
summary: 每道工序都有检验，客户少了投诉。
published: 2022-03-01
---
## 做法

每道工序设检验点。
""",
    "cases/tea.md": """---
title: 六堡茶渥堆有了记录
industry: [C15, A01]
region: "450400"
year: 2022
batch: 3
submitter: 广西壮族自治区市场监督管理局
summary: 渥堆的温度每天记录，产品合格率稳定。
published: 2023-04-20
sample: true
---
## 做法

渥堆的温度每天记录。
""",
    "guides/packaging-2022.md": """---
title: 包装行业实施指南
industry: [C23]
year: 2022
edition: 2022版
issuer: 某省市场监督管理局
standards: [GB/T 19001-2016]
summary: 先管好首件，再管好清场。
published: 2022-11-01
---
## 适用范围

适用于小型包装企业。
""",
    "batches/3.md": """---
title: 第三批优良案例
year: 2022
published: 2023-04-20
---
现发布第三批优良案例。
""",
    "pages/about.md": """---
title: 关于本站
order: 1
---
本站收录案例和指南。
""",
}


def write(folder: Path) -> Path:
    """Put the library under ``folder``; the taxonomy is the shipped one."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
