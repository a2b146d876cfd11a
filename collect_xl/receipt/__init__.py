"""The receipt of a run: one page that says who was asked what, who was not and why, and what to do next."""

from collect_xl.receipt.page import MARK, keep_receipt, receipt_page, refuse_receipt

__all__ = ["MARK", "keep_receipt", "receipt_page", "refuse_receipt"]
