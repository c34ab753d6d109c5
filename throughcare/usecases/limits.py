"""Whose a limit is, as API, pages and papers say it. A limit an agency chose is never shown as a policy's."""

from throughcare.case.duty import Basis

WHOSE = {
    Basis.source: "policy",
    Basis.agency: "agency setting",
    Basis.plan: "plan",
    Basis.payer: "payer",
}
