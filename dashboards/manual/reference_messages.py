"""What `check` and the log say of a connection that fails, and what the web says when it refuses."""

from http import HTTPStatus

from markdown import render_page, render_table

from querywatch.db.faults import LOGIN_FAULTS, NETWORK_FAULTS
from querywatch.export.web import REFUSALS

_BEHIND = {
    HTTPStatus.SERVICE_UNAVAILABLE: "`/healthz`: the daemon is about to begin or to end. `/readyz`: some server has "
    "not been tried yet.",
    HTTPStatus.UNAUTHORIZED: "`[web]` has `users`. `querywatch check --hash-password` hashes a new password; it "
    "counts from the next start.",
    HTTPStatus.MISDIRECTED_REQUEST: "It listens for this machine alone, and was asked for by another name than "
    "`localhost`, as a foreign web page could do to read it. A proxy in front must send the address as `Host`.",
    HTTPStatus.NOT_FOUND: "There are `/`, `/still`, `/metrics`, `/healthz`, `/readyz` and what the README lists of "
    "`/api/v1/`.",
}


def render() -> str:
    """The page."""
    logins = [
        (", ".join(map(str, sorted(codes))), reason, advice.format(account="querywatch"))
        for codes, reason, advice in LOGIN_FAULTS
    ]
    answers = [(f"{status.value}", words, _BEHIND[status]) for status, words in REFUSALS.items()]
    return render_page(
        "Messages",
        "What stands behind each message of a connection that fails, in `querywatch check`, in the log and as the "
        "`reason` of `querywatch_poll_failures_total`. The servers' own texts are never shown: they quote statements.",
        "## The machine cannot be reached\n\n"
        + render_table(
            ("reason", "message"), [(reason, f"ADDRESS {said}") for _, reason, said in NETWORK_FAULTS]
        ),
        "## The server answers, and does not let the account in\n\n"
        + render_table(("the server's error", "reason", "message"), logins),
        "## The web refuses\n\n" + render_table(("status", "it says", "what stands behind it"), answers),
    )
