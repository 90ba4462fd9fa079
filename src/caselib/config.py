"""Settings, read once from the environment into one typed object.

Every setting is ``CASELIB_<NAME>``. Nothing else in the package reads the environment.
"""

import os
import re
import secrets
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ModelWrapValidatorHandler, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from caselib.errors import BadSetting, CaselibError

_PACKAGE = Path(__file__).resolve().parent
_ADDRESS = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(:\d{1,5})?/?")
"""An address that begins every link: without a path, since the links of the pages begin at the host's root."""


def shipped(name: str) -> Path:
    """The folder ``name`` (``templates`` or ``content``) as installed with the package or as in the checkout."""
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parents[1] / name


class SiteIdentity(BaseSettings):
    """What a public site in China shows of itself; empty values show nothing (``CASELIB_SITE_<NAME>``)."""

    model_config = SettingsConfigDict(env_prefix="CASELIB_SITE_", extra="ignore")

    name: str = "小微企业质量提升案例库"
    domain: str = ""
    id_code: str = Field("", description="政府网站标识码")
    host: str = Field("", description="主办单位")
    operator: str = Field("", description="承办单位")
    address: str = ""
    phone: str = ""
    email: str = ""
    icp: str = Field("", description="ICP 备案号")
    police: str = Field("", description="公安联网备案号")
    error_report_url: str = Field("", description="“我为政府网站找错”入口")

    @property
    def issuer(self) -> str:
        """Who stands on what the site hands out: its host, or else its own name."""
        return self.host or self.name


class Settings(BaseSettings):
    """Where things live and how the site is reached; an empty value is none, and no current folder.

    Raises:
        BadSetting: a value is of another kind, or the address of the site is none that a link can begin with.
    """

    model_config = SettingsConfigDict(env_prefix="CASELIB_", env_ignore_empty=True, extra="ignore")

    content: Path = Path("content")
    data: Path = Path("var")
    database_url: str = ""
    search_url: str = ""
    secret_key: SecretStr = SecretStr("")
    base_url: str = ""
    proxies: int = Field(0, ge=0, description="网站前面有几层自己的反向代理")
    mail_url: str = ""
    count_questions: bool = Field(True, description="是否匿名统计搜索词")
    demo: bool = False
    demo_password: SecretStr = SecretStr("")
    site: SiteIdentity = Field(default_factory=SiteIdentity)

    @model_validator(mode="wrap")
    @classmethod
    def _in_chinese(cls, values: Any, make: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return make(values)
        except ValidationError as error:
            fault = error.errors()[0]
        name = str(fault["loc"][0])
        wanted = "应为 true 或 false" if cls.model_fields[name].annotation is bool else "应为不小于 0 的整数"
        raise BadSetting(f"CASELIB_{name.upper()} 的值不对：{fault['input']}", f"{wanted}；全部设置见运维手册。")

    @model_validator(mode="after")
    def _derive(self) -> Self:
        self.content = Path(os.path.realpath(self.content))  # Path.resolve breaks on links that go in a circle
        self.data = Path(os.path.realpath(self.data))
        if self.base_url and not _ADDRESS.fullmatch(self.base_url):
            raise BadSetting(
                f"CASELIB_BASE_URL 的写法不对：{self.base_url}",
                "请写成 https://主机 或 http://主机:端口；后面不带路径，网站不能放在某个路径下面。",
            )
        self.base_url = self.base_url.rstrip("/")
        self.database_url = self.database_url or f"sqlite:///{self.data / 'caselib.sqlite'}"
        self.search_url = self.search_url or f"whoosh:{self.data / 'index'}"
        self.mail_url = self.mail_url or f"file:{self.data / 'outbox'}"
        return self

    @property
    def restore_journal(self) -> Path:
        """The file that is there while a restore is not finished."""
        return self.data / "restore.json"

    @property
    def content_folder(self) -> Path:
        """The content folder, for commands that need it to exist; ``ContentStore`` treats a missing one as empty.

        Raises:
            CaselibError: it is not there, or not a folder.
        """
        if self.content.is_dir():
            return self.content
        raise CaselibError(
            f"没有找到内容文件夹 {self.content}。", "请用 CASELIB_CONTENT 指明它在哪里，或先建一个空文件夹。"
        )

    @cached_property
    def signing_key(self) -> str:
        """The key that signs sessions and links.

        Raises:
            CaselibError: no key is set and this is not the demo.
        """
        key = self.secret_key.get_secret_value()
        if key:
            return key
        if self.demo:
            return secrets.token_hex(32)
        raise CaselibError(
            "没有设置 CASELIB_SECRET_KEY，不能启动。",
            "请生成一个随机值并设为环境变量，例如：export CASELIB_SECRET_KEY=$(openssl rand -hex 32)",
        )
