"""What `check` and the log say when a server cannot be reached or does not let querywatch in."""

from markdown import render_page, render_table

from querywatch.db.faults import LOGIN_FAULTS, NETWORK_FAULTS


def render() -> str:
    """The page."""
    logins = [
        (", ".join(map(str, sorted(codes))), reason, advice.format(account="querywatch"))
        for codes, reason, advice in LOGIN_FAULTS
    ]
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
    )
