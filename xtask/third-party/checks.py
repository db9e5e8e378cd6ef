"""How the scripts here check things one after the other, and tell of it."""

import sys
import traceback


def equal(actual, expected, what):
    assert actual == expected, f"{what}: expected {expected!r}, got {actual!r}"


def run(checks):
    """Runs all of them, prints each, and at last `N passed, M failed`."""
    passed = failed = 0
    for check in checks:
        name = check.__name__.replace("_", " ")
        try:
            check()
        except Exception as error:  # whatever it is, the next check may still tell us something
            failed += 1
            print(f"FAILED {name}: {error}")
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        else:
            passed += 1
            print(f"ok     {name}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
