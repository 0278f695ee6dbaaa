# SPDX-License-Identifier: BSD-2-Clause
"""The loader's settings as most tests give them."""
from .network import PREFIX, PREFIX6

ADDRESS = f"{PREFIX}.50"
ADDRESS6 = f"{PREFIX6}50"
STATIC = f"ip={ADDRESS}/24"
STATIC6 = f"ip6={ADDRESS6}/64"
# A failure stays until a key is pressed, however long it takes to have its cause removed.
UNTIL_KEY = "retry=99,3600"


def credentials(chap, secret=None, reverse_secret=None):
    """The words for an account, None for no words; other secrets than the account's are for who has them wrong."""
    if not chap:
        return ""
    words = f"chap={chap.name}:{secret or chap.secret}"
    if chap.reverse_name:
        words += f" mutual={chap.reverse_name}:{reverse_secret or chap.reverse_secret}"
    return words
