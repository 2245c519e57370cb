"""Accounts from before MySQL 4.1, which older offices still have."""

import pytest
from server.servers import find_choice, find_choices, start

from querywatch.db.connection import connect
from querywatch.errors import LoginError

pytestmark = pytest.mark.server

_OLD_ACCOUNT = (
    "CREATE USER 'veteran'@'%'",
    "UPDATE mysql.user SET plugin = 'mysql_old_password', Password = '6f8c114b58f2ce9e' WHERE User = 'veteran'",
    "FLUSH PRIVILEGES",
)


@pytest.mark.parametrize("setting", ["--secure-auth=1", "--secure-auth=0"])
def test_an_old_password_hash_is_named_with_its_account(setting: str) -> None:
    """Whether the server still takes such a hash or not, the message says which account and what to reset."""
    choice = find_choice("mysql-5.6")
    if choice not in find_choices()[0]:
        pytest.skip("MySQL 5.6 comes in a container, and Docker does not answer")
    with start(choice, settings=(setting,)) as server:
        server.execute(*_OLD_ACCOUNT)
        with pytest.raises(LoginError, match=r"'veteran' has a password hash .* SET PASSWORD") as refused:
            connect(server.endpoint("veteran", "mypass"))
        assert refused.value.reason == "old-password"
