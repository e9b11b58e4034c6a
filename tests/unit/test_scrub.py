"""What must never be passed on."""

import pytest

from daemon.scrub import hide


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("https://zoom.us/j/1?pwd=Sesame8&x=1", "https://zoom.us/j/1?pwd=…&x=1"),
        ("Passcode: Sesame8 is too short", "Passcode: … is too short"),
        ('{"access_token": "abc", "expires_in": 1}', '{"access_token": "…", "expires_in": 1}'),
        ("assertion=abc.def", "assertion=…"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_the_value_of_a_secret_is_left_out(said, told):
    assert hide(said) == told
