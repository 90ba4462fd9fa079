"""Looking after experts and submitters: who there is, inviting, shutting out, and taking a list of experts in.

Nothing is kept between the preview of a list and its confirmation: the confirmation brings the table back and it is
looked at again, so that what is done is what the accounts are then.
"""

import csv
import io
from collections.abc import Sequence

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from caselib.errors import CaselibError, NotFound
from caselib.mail import Letter
from caselib.people import Account, Role, actions, queries, rules
from caselib.people.expert_list import COLUMNS, Known, preview, take_in
from caselib.people.links import Purpose
from caselib.sheets import XLSX, read_table, write_workbook
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt, or_again
from caselib.web.editing import blueprint
from caselib.web.mailing import letters_with_links, post, require_address
from caselib.web.rooms import rooms

OUTCOMES = {"refused": "有错误", "new": "新增", "changed": "修改", "same": "不变"}
FIELDS = {
    "name": "姓名", "email": "邮箱", "employer": "单位", "province": "省份", "certifier": "认证机构",
    "industries": "行业", "panel": "评审组",
}  # fmt: skip


@blueprint.get("/people")
@requires(Role.EDITOR, Role.OPERATOR)
def people() -> str:
    """Everybody the actor may look after, by role."""
    actor = current_actor()
    with rooms.database.reading() as session:
        accounts = [each for each in queries.list_accounts(session) if rules.may_manage_accounts(actor, each.roles)]
    wanted = request.args.get("role", "")
    shown = [each for each in accounts if wanted not in set(Role) or Role(wanted) in each.roles]
    counts = {role: sum(role in each.roles for each in accounts) for role in Role}
    return render_template(
        "desk/people.html", accounts=shown, counts=counts, wanted=wanted, total=len(accounts), roles=list(Role)
    )


@blueprint.post("/people/<int:account_id>/<any(invite, disable, enable):verb>")
@requires(Role.EDITOR, Role.OPERATOR)
def act_on_account(account_id: int, verb: str) -> ResponseReturnValue:
    """Invite again, shut out or let in again."""
    actor = current_actor()
    with rooms.database.writing() as session:
        account = session.get(Account, account_id)
        if account is None or not rules.may_manage_accounts(actor, account.roles):
            raise NotFound("没有这个账号。", "请从账号列表里选。")
        letters: list[Letter] = []
        if verb == "disable":
            actions.disable_account(session=session, actor=actor, account=account)
            said = f"账号 {account.username} 已停用，立即生效。"
        elif verb == "enable":
            actions.enable_account(session=session, actor=actor, account=account)
            said = f"账号 {account.username} 已恢复。"
        else:
            letters = _invitations([account])
            said = _invited(account, letters)
    if letters:
        post(letters)
    flash(said)
    return redirect(url_for(".people"), code=303)


@blueprint.get("/people/import")
@requires(Role.EDITOR, Role.OPERATOR)
def import_people() -> str:
    """Where a list is chosen."""
    return _show()


@blueprint.post("/people/import")
@requires(Role.EDITOR, Role.OPERATOR)
def preview_people() -> ResponseReturnValue:
    """What the list would do, row by row; nothing is done yet."""
    file = request.files.get("file")
    with or_again(_show):
        if not file or not file.filename:
            raise CaselibError("没有选择文件。", "请选择一个 .xlsx 或 .csv 文件。")
        table = read_table(file.filename, file.read())
        with rooms.database.reading() as session:
            rows = preview(session, actor=current_actor(), table=table, known=_known())
    return render_template(
        "desk/people_preview.html", rows=rows, table=_as_csv(table), outcomes=OUTCOMES, fields=FIELDS
    )


@blueprint.post("/people/import/confirm")
@requires(Role.EDITOR, Role.OPERATOR)
def confirm_people() -> ResponseReturnValue:
    """Do what was shown, and invite whoever is new."""
    actor = current_actor()
    with attempt(_show) as session:
        table = read_table("list.csv", request.form.get("table", "").encode())
        rows = preview(session, actor=actor, table=table, known=_known())
        new = take_in(session, actor=actor, rows=rows)
        letters = _invitations(new) if request.form.get("invite") else []
    post(letters)
    changed = sum(row.outcome == "changed" for row in rows)
    flash(f"导入完成：新增 {len(new)} 位，修改 {changed} 位。" + (f"发出邀请信 {len(letters)} 封。" if letters else ""))
    return redirect(url_for(".people", role="expert"), code=303)


@blueprint.get("/people/import/template.xlsx")
@requires(Role.EDITOR, Role.OPERATOR)
def people_template() -> ResponseReturnValue:
    """An empty table with the right heading."""
    book = write_workbook({"评审专家": [[names[0] for names in COLUMNS.values()]]})
    return send_file(io.BytesIO(book), XLSX, as_attachment=True, download_name="评审专家名单模板.xlsx")


def _invited(account: Account, letters: Sequence[Letter]) -> str:
    if letters:
        return f"邀请信已发给 {account.email}。"
    disabled = account.disabled_at is not None
    return f"账号 {account.username} 已停用，没有发信。" if disabled else f"{account.name}没有登记邮箱，没有发信。"


def _show(error: CaselibError | None = None) -> str:
    return render_template("desk/people_import.html", error=error, columns=[names[0] for names in COLUMNS.values()])


def _known() -> Known:
    taxonomy = rooms.store.taxonomy
    provinces = {code: term.name for code, term in taxonomy.regions.items() if term.parent is None}
    return Known({code: term.name for code, term in taxonomy.industries.items()}, provinces)


def _as_csv(table: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue()


def _invitations(accounts: Sequence[Account]) -> list[Letter]:
    require_address("邀请信")
    return letters_with_links(Purpose.INVITATION, accounts)
