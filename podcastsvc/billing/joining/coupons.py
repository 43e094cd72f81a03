"""Coupons: codes that lower a price, here and at Stripe, which holds their limits. What one takes off is worked out here too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from podcastsvc.billing import plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls.ensuring import close_code, ensure_coupon
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import CouponRequest, Interval, ProductRequest
from podcastsvc.errors import Invalid, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.kit.text import clean_line
from podcastsvc.mail.addresses import Address
from podcastsvc.members import accounts
from podcastsvc.members.subscriptions import Account
from podcastsvc.storage import jobs
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.billing import Payment
from podcastsvc.storage.tables.offer import Coupon

BAD_CODE = N_("Use 3 to 30 letters, digits and dashes, such as SPRING-27.")
CODE_TAKEN = N_("This code was used before. Choose another one.")
BAD_PERCENT = N_("Enter a number above 0 and up to 100.")
PERCENT_OR_AMOUNT = N_("Enter either per cent or an amount.")
BAD_END = N_("Choose a day from tomorrow on.")
NO_COUPON = N_("There is no such coupon.")
_CODE = re.compile(r"[A-Z0-9-]{3,30}")


@dataclass(frozen=True, slots=True)
class CouponView:
    """A coupon as people see it. One of ``percent_off`` and ``amount_off`` is set.

    ``months``: None lowers the first payment only, 0 all of them. ``plan`` None is for every plan.
    """

    code: str
    percent_off: float | None = None
    amount_off: Money | None = None
    months: int | None = None
    plan: str | None = None
    redeem_by: datetime | None = None
    max_redemptions: int | None = None
    is_first_time_only: bool = False
    is_open: bool = True
    id: int = 0

    def may_lower(self, plan_key: str, currency: str) -> bool:
        """Whether it is for a plan and a currency."""
        return self.plan in {None, plan_key} and (self.amount_off is None or self.amount_off.currency == currency)

    def is_over(self, now: datetime) -> bool:
        """Whether it can be used no longer, as far as we know; how often it was used is known at Stripe."""
        return not self.is_open or (self.redeem_by is not None and self.redeem_by <= now)


@dataclass(frozen=True, slots=True)
class Lowered:
    """What is charged with a coupon: each of the first ``payments`` (None: of all) is ``money``."""

    money: Money
    payments: int | None


def lower(coupon: CouponView, money: Money, interval: Interval) -> Lowered:
    """A price with a coupon that is for it; rounded as Stripe does, and never below nothing. Pure."""
    if coupon.amount_off is not None:
        off = coupon.amount_off.amount_minor
    else:
        off = round(money.amount_minor * (coupon.percent_off or 0) / 100)
    left = Money(max(money.amount_minor - off, 0), money.currency)
    if coupon.months is None or interval == "once":
        return Lowered(left, 1)
    return Lowered(left, -(-coupon.months // (12 if interval == "year" else 1)) or None)


def read_code(raw: str) -> str:
    """A code as it was typed or linked, in the form in which codes are kept; "" for what cannot be one."""
    code = clean_line(raw, limit_chars=100).upper().replace(" ", "")
    return code if _CODE.fullmatch(code) else ""


def make(session: Session, wish: CouponView, now: datetime) -> int:
    """Makes a coupon, which a job then makes at Stripe. Raises Invalid with a sentence for each field."""
    problems = _find_problems(wish, now)
    if problems:
        raise Invalid(next(iter(problems.values())), problems)
    row = {
        "code": wish.code,
        "name": wish.code,
        "percent_off": wish.percent_off,
        "amount_off_minor": wish.amount_off.amount_minor if wish.amount_off is not None else None,
        "currency": wish.amount_off.currency if wish.amount_off is not None else None,
        "months": wish.months,
        "plan": wish.plan,
        "redeem_by": wish.redeem_by,
        "max_redemptions": wish.max_redemptions,
        "is_first_time_only": wish.is_first_time_only,
        "is_open": True,
        "created_at": now,
    }
    if not insert_if_absent(session, Coupon, row):
        raise Invalid(CODE_TAKEN, {"code": CODE_TAKEN})
    jobs.enqueue(session, plans.PREPARE_JOB, unique_key=plans.PREPARE_JOB)
    return session.scalars(select(Coupon.id).where(Coupon.code == wish.code)).one()


def _find_problems(wish: CouponView, now: datetime) -> dict[str, str]:
    problems = {}
    if not _CODE.fullmatch(wish.code):
        problems["code"] = BAD_CODE
    if (wish.percent_off is None) == (wish.amount_off is None):
        problems["percent_off"] = PERCENT_OR_AMOUNT
    elif wish.percent_off is not None and not 0 < wish.percent_off <= 100:
        problems["percent_off"] = BAD_PERCENT
    if wish.redeem_by is not None and wish.redeem_by <= now:
        problems["redeem_by"] = BAD_END
    return problems


def list_coupons(session: Session) -> list[CouponView]:
    """All of them for the studio, the newest first."""
    return [_view(row) for row in session.scalars(select(Coupon).order_by(Coupon.created_at.desc(), Coupon.id.desc()))]


def find_coupon(session: Session, code: str) -> CouponView | None:
    """The coupon of a code, also one that is over."""
    row = session.scalar(select(Coupon).where(Coupon.code == code)) if code else None
    return None if row is None else _view(row)


def _view(row: Coupon) -> CouponView:
    off = row.amount_off_minor
    return CouponView(
        code=row.code,
        percent_off=row.percent_off,
        amount_off=Money(off, row.currency or "") if off is not None else None,
        months=row.months,
        plan=row.plan,
        redeem_by=row.redeem_by,
        max_redemptions=row.max_redemptions,
        is_first_time_only=row.is_first_time_only,
        is_open=row.is_open,
        id=row.id,
    )


def has_paid(session: Session, *, member_id: int | None, address: Address | None) -> bool:
    """Whether a buyer has paid us before, by member or by address: no new member then."""
    if member_id is None and address is not None:
        known = accounts.find_by_email(session, address.email_key)
        member_id = known.id if known is not None else None
    if member_id is None:
        return False
    paid = (Payment.member_id == member_id, Payment.paid_at.is_not(None))
    return session.scalar(select(Payment.stripe_id).where(*paid).limit(1)) is not None


def close(session: Session, coupon_id: int) -> None:
    """Takes a coupon out of use, here at once and at Stripe by a job; who has used it keeps it. Raises NotFound."""
    row = session.get(Coupon, coupon_id, with_for_update=True)
    if row is None:
        raise NotFound(NO_COUPON)
    row.is_open = False
    jobs.enqueue(session, plans.PREPARE_JOB, unique_key=plans.PREPARE_JOB)


def prepare_all(desk: Desk, now: datetime) -> None:
    """Makes at Stripe what was made here, and closes there what was closed here. Part of ``billing.prepare``."""
    account = require_account(desk)
    usable = or_(Coupon.redeem_by.is_(None), Coupon.redeem_by > now)
    missing = or_(Coupon.promotion_code_id.is_(None), Coupon.account != account.id, Coupon.livemode != account.livemode)
    with desk.db.reading() as session:
        to_make = session.scalars(select(Coupon.id).where(Coupon.is_open, usable, missing).order_by(Coupon.id)).all()
        to_close = session.scalars(select(Coupon).where(~Coupon.is_open, Coupon.promotion_code_id.is_not(None))).all()
    for coupon_id in to_make:
        prepare_code(desk, coupon_id)
    _close_all(desk, account, to_close)


def _close_all(desk: Desk, account: Account, coupons: Sequence[Coupon]) -> None:
    for coupon in coupons:
        if (coupon.account, coupon.livemode) == (account.id, account.livemode):
            close_code(desk.gateway, coupon.promotion_code_id or "")
        with desk.db.transaction() as session:
            session.execute(update(Coupon).where(Coupon.id == coupon.id).values(promotion_code_id=None))


def prepare_code(desk: Desk, coupon_id: int) -> str:
    """Stripe's id of a coupon's code, which is made there where it is missing. Raises NotFound for one that was closed."""
    account = require_account(desk)
    with desk.db.reading() as session:
        row = session.get(Coupon, coupon_id)
        plan = plans.get_plan(session, row.plan) if row is not None and row.plan is not None else None
        title = plans.list_titles(session, desk.sender.default_language).get(plan.key, "") if plan is not None else ""
    if row is None or not row.is_open:
        raise NotFound(NO_COUPON)
    if row.promotion_code_id is not None and (row.account, row.livemode) == (account.id, account.livemode):
        return row.promotion_code_id
    view = _view(row)
    request = CouponRequest(
        key=str(row.id),
        code=row.code,
        name=row.name,
        percent_off=view.percent_off,
        amount_off=view.amount_off,
        months=view.months,
        redeem_by=view.redeem_by,
        max_redemptions=view.max_redemptions,
        is_first_time_only=view.is_first_time_only,
        product=ProductRequest(title, plan.key) if plan is not None else None,
    )
    found = ensure_coupon(desk.gateway, request)
    with desk.db.transaction() as session:
        session.execute(
            update(Coupon)
            .where(Coupon.id == coupon_id)
            .values(promotion_code_id=found, account=account.id, livemode=account.livemode)
        )
    return found
