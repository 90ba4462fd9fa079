"""What a visitor sees when something cannot be shown: what happened, and where to go instead.

Nothing a visitor sends gives a traceback; a fault of the program is logged in full and shown in one sentence.
"""

import logging
import re
from dataclasses import dataclass
from difflib import get_close_matches
from errno import EDQUOT, ENOSPC

from flask import Blueprint, Response, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from caselib.content import Document, InvalidDocument, Kind
from caselib.db import full_disk
from caselib.errors import CaselibError
from caselib.search.question import LONGEST
from caselib.web import api
from caselib.web.access import SignInNeeded, is_private
from caselib.web.asking import MOST_SENT
from caselib.web.attempts import with_status
from caselib.web.rooms import readable, rooms

blueprint = Blueprint("errors", __name__)
log = logging.getLogger("caselib.web")

MANY_FILES = 20_000
"""Above this, looking for the nearest address would cost more than it helps."""


@dataclass(frozen=True)
class Words:
    """What to say: what happened, and what to do."""

    title: str
    remedy: str


WORDS = {
    400: Words("请求有误，无法处理", "请返回上一页重试，或者从首页重新进入。"),
    404: Words("没有找到这个页面", "地址可能写错了，页面也可能已经移走。可以搜一搜，或从下面的入口找。"),
    405: Words("这个地址不能这样访问", "请从首页或导航重新进入。"),
    413: Words(
        "提交的内容太大",
        "文字太长，或者一次提交合计超过了 30 MB。请返回上一页，您填写的内容一般还在；文字请缩短，附件多的分几次上传，大的先压缩。",
    ),
    500: Words("网站出了差错", "不是您的问题，我们已经记录下来。请稍后再试。"),
}
"""By status, for what the framework gives up with; a room words its own conditions."""
TO_PROGRAMS = WORDS | {
    400: Words("请求有误", "对照接口说明检查地址。"),
    404: Words("没有这个接口地址", "全部地址见 /api/openapi.json。"),
    405: Words("这个接口地址不接受这种请求方法", "改用 GET；每个地址接受的方法见 /api/openapi.json。"),
    413: Words("请求体太长", f"最多 {MOST_SENT // 1024} KB。q 只看前{LONGEST}个字，请缩短后再发。"),
}
"""The same, for who asked the API."""
OPENED_BEFORE = Words(
    "这个表单是在登录、换账号或改密码以前打开的",
    "没有保存。换了账号的，请在另一个窗口换回原来的账号，再刷新这一页重新提交；改了密码的，请重新打开表单填写。",
)
MENDED = Words("这篇内容正在修订，暂时不能显示", "编辑在工作台看得到哪里要改。请过些时候再来，或者先看看别的内容。")
MENDED_AFTER = "3600"
"""Seconds: somebody has to do it."""
_DOCUMENT = re.compile(r"/(cases|guides)/([^/]+)/?")
_KINDS = {"cases": Kind.CASE, "guides": Kind.GUIDE}


@blueprint.app_errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    """An answer that the framework gave up with: 404, 405, 413 …"""
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    known = TO_PROGRAMS if _is_for_a_program() else WORDS
    response = _answer(status, known.get(status, known[500 if status >= 500 else 400]))
    response.headers.extend(pair for pair in error.get_headers() if pair[0] in ("Allow", "Retry-After"))
    return response


@blueprint.app_errorhandler(CSRFError)
def form_expired(error: CSRFError) -> Response:
    """A form without the token of whoever sends it: a session has ended, somebody else has signed in, or it is forged."""
    if current_user.is_authenticated:
        return _answer(400, OPENED_BEFORE)
    if is_private(request.path):
        return room_error(SignInNeeded())
    return _answer(400, Words("表单已经过期", "请返回上一页，刷新后重新提交；您填写的内容一般还在。"))


@blueprint.app_errorhandler(InvalidDocument)
def invalid_document(error: InvalidDocument) -> Response:
    """A file that has errors: the visitor hears that it is being mended, the log hears what is wrong."""
    for fault in error.faults:
        log.warning("%s", fault)
    answer = _answer(503, MENDED)
    answer.headers["Retry-After"] = MENDED_AFTER
    return answer


@blueprint.app_errorhandler(CaselibError)
def room_error(error: CaselibError) -> Response:
    """A condition that a room names."""
    return with_status(_answer(error.status, Words(error.message.rstrip("。"), error.remedy)), error)


@blueprint.app_errorhandler(Exception)
def fault(error: Exception) -> Response:
    """A fault of the program, or a disk that is full."""
    if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
        full = full_disk()
        full.__cause__ = error
        return room_error(full)
    log.error("%s %s", request.method, request.path, exc_info=error)
    return _answer(500, WORDS[500])


def _is_for_a_program() -> bool:
    return request.path.startswith(api.PREFIX)


def _answer(status: int, words: Words) -> Response:
    if _is_for_a_program():
        return api.problem(status, f"{words.title}。", words.remedy)
    if request.accept_mimetypes.best == "application/json":
        return make_response({"message": f"{words.title}。", "remedy": words.remedy}, status)
    try:
        near = _nearest(request.path) if status == 404 else []
        body = render_template("errors/error.html", status=status, words=words, near=near)
    except Exception:
        log.exception("the error page itself failed")
        body = f"<!doctype html><html lang=zh-CN><meta charset=utf-8><title>{words.title}</title><h1>{words.title}</h1><p>{words.remedy}"
    return Response(body, status=status, mimetype="text/html", headers={"Cache-Control": "private, no-store"})


def _nearest(path: str) -> list[Document]:
    """Documents whose addresses look like the one asked for, the likeliest first; at most three."""
    asked = _DOCUMENT.fullmatch(path)
    if not asked:
        return []
    kind = _KINDS[asked[1]]
    slugs = [slug for _, slug in rooms.store.scan(kind)]
    close = get_close_matches(asked[2].lower(), slugs, n=3, cutoff=0.6) if len(slugs) <= MANY_FILES else []
    return [document for slug in close if (document := readable(kind, slug))]
