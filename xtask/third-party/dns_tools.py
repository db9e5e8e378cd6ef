"""dig, delv and unbound-host against a small internet of ours, and against the world that `round_up --serve` keeps.

Prints each thing it checked, and at last `N passed, M failed`.
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback

# The zone of the round-up.
DEMO = "vmst.io"

# A child zone whose parent has the right DS, and those where something is wrong.
SIGNED, WRONG_DS, NO_DS, EXPIRED, FORGED = "signed.org", "wrong-ds.org", "no-ds.org", "expired.org", "forged.org"

world = None
directory = tempfile.TemporaryDirectory()


def run(*command):
    """What a tool says. Not all of them tell by their exit status how it went."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def kept(name, text):
    path = os.path.join(directory.name, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def delv(name, record_type):
    anchors = kept("anchors", world["delv"])
    return run("delv", "@127.0.0.1", "-p", str(world["port"]), "-a", anchors, "+root=.", name, record_type)


def unbound_host(name, record_type):
    return run("unbound-host", "-v", "-C", kept("unbound", world["unbound"]), "-t", record_type, name)


def dig(server, name, record_type, *options):
    host, _, port = server.rpartition(":")
    command = ["dig", f"@{host}", "-p", port, "+norecurse", "+dnssec", "+nocookie", *options, name, record_type]
    return run(*command)


def says(said, *expected):
    for text in expected:
        assert text in said, f"expected {text!r} in:\n{said}"


def says_not(said, unexpected):
    assert unexpected not in said, f"did not expect {unexpected!r} in:\n{said}"


def section(said, title):
    """The records of one section of dig's answer, as lines."""
    _, found, rest = said.partition(f";; {title} SECTION:\n")
    return sorted(" ".join(line.split()) for line in rest.partition("\n\n")[0].splitlines()) if found else []


def delv_validates_what_is_right():
    for name, record_type, data in [
        (f"www.{SIGNED}", "A", "192.0.2.1"),
        (f"www.{SIGNED}", "TXT", '"a text" "in two strings"'),
        (f"alias.{SIGNED}", "A", "192.0.2.1"),
        (f"any.wild.{SIGNED}", "A", "192.0.2.7"),
        (f"_sip+d2t._tcp.{SIGNED}", "SRV", f"10 5 5060 www.{SIGNED}."),
        (SIGNED, "A", "RRSIG"),
        (SIGNED, "DS", "13 2"),
        (SIGNED, "DNSKEY", "257 3 13"),
        ("org", "NS", "a.nic.org."),
    ]:
        says(delv(name, record_type), "; fully validated", data)


def delv_validates_what_is_not_there():
    says(delv(f"nothing.{SIGNED}", "A"), "negative response, fully validated", "NXDOMAIN")
    says(delv(f"www.{SIGNED}", "AAAA"), "negative response, fully validated", "NXRRSET")
    says(delv(f"wild.{SIGNED}", "A"), "negative response, fully validated", "NXRRSET")
    says(delv(f"any.wild.{SIGNED}", "TXT"), "negative response, fully validated", "NXRRSET")
    says(delv(NO_DS, "DS"), "negative response, fully validated", "NXRRSET")
    says(delv("nothing.org", "A"), "negative response, fully validated", "NXDOMAIN")


def delv_refuses_what_is_wrong():
    says(delv(f"www.{WRONG_DS}", "A"), "broken trust chain")
    says(delv(f"www.{EXPIRED}", "A"), "RRSIG has expired")
    says(delv(f"www.{FORGED}", "A"), "RRSIG failed to verify")
    says(delv(FORGED, "MX"), "; fully validated")


def delv_sees_what_has_no_ds():
    said = delv(f"www.{NO_DS}", "A")
    says(said, "; unsigned answer", "192.0.2.1")
    says_not(said, "; fully validated")


def unbound_host_comes_to_the_same_verdicts():
    for name, verdict in [
        (f"www.{SIGNED}", "192.0.2.1 (secure)"),
        (f"any.wild.{SIGNED}", "192.0.2.7 (secure)"),
        (f"nothing.{SIGNED}", "NXDOMAIN). (secure)"),
        (f"www.{NO_DS}", "192.0.2.1 (insecure)"),
        (f"www.{WRONG_DS}", "(BOGUS"),
        (f"www.{EXPIRED}", "(BOGUS"),
        (f"www.{FORGED}", "(BOGUS"),
    ]:
        says(unbound_host(name, "A"), verdict)


def the_root_must_be_the_trusted_one():
    key = world["delv"].split('"')[1]
    other = ("B" if key[0] == "A" else "A") + key[1:]
    says_not(run("delv", "@127.0.0.1", "-p", str(world["port"]), "-a", kept("wrong", world["delv"].replace(key, other)),
                 "+root=.", f"www.{SIGNED}", "A"), "; fully validated")
    unbound = kept("wrong", world["unbound"].replace(key, other))
    says_not(run("unbound-host", "-v", "-C", unbound, "-t", "A", f"www.{SIGNED}"), "(secure)")


def dig_gets_the_same_over_udp_and_tcp():
    resolver = f"127.0.0.1:{world['port']}"
    for server in [resolver, world["servers"]["ns1.memory.example."]]:
        for name, record_type in [(f"www.{SIGNED}", "A"), (SIGNED, "MX"), (SIGNED, "DNSKEY"), (f"no.{SIGNED}", "A")]:
            over_udp, over_tcp = (dig(server, name, record_type, how) for how in ["+notcp", "+tcp"])
            says(over_udp, "(UDP)")
            says(over_tcp, "(TCP)")
            for title in ["ANSWER", "AUTHORITY"]:
                assert section(over_udp, title) == section(over_tcp, title), over_udp + over_tcp
            assert section(over_udp, "ANSWER") or section(over_udp, "AUTHORITY"), over_udp


def a_parent_refers_and_a_child_answers():
    parent = dig(world["servers"]["b.nic.org."], f"www.{SIGNED}", "A")
    says(parent, "flags: qr;", "status: NOERROR", "ANSWER: 0")
    servers = [f"{SIGNED}. 3600 IN NS ns{number}.memory.example." for number in [1, 2]]
    assert section(parent, "AUTHORITY")[1:3] == servers, parent
    says(parent, "IN	DS", "IN	RRSIG	DS")
    child = dig(world["servers"]["ns2.memory.example."], f"www.{SIGNED}", "A")
    says(child, "flags: qr aa;", "192.0.2.1")
    says(dig(world["servers"]["ns2.memory.example."], "www.elsewhere.org", "A"), "status: REFUSED")


def every_step_from_the_root_is_a_referral():
    for at, question in [
        ("a.root-servers.net.", "org"),
        ("a.nic.org.", SIGNED),
        ("a.nic.example.", "ns1.memory.example"),
    ]:
        says(dig(world["servers"][at], question, "NS"), "flags: qr;", "status: NOERROR", "IN	NS")
    glue = section(dig(world["servers"]["a.nic.example."], "ns1.memory.example", "A"), "ADDITIONAL")
    address = world["servers"]["ns1.memory.example."].rpartition(":")[0]
    assert f"ns1.memory.example. 3600 IN A {address}" in glue, glue


CHECKS = [
    delv_validates_what_is_right,
    delv_validates_what_is_not_there,
    delv_refuses_what_is_wrong,
    delv_sees_what_has_no_ds,
    unbound_host_comes_to_the_same_verdicts,
    the_root_must_be_the_trusted_one,
    dig_gets_the_same_over_udp_and_tcp,
    a_parent_refers_and_a_child_answers,
    every_step_from_the_root_is_a_referral,
]


def the_round_up_ends_signed():
    for name, record_type in [(DEMO, "A"), (DEMO, "MX"), (DEMO, "DS"), (f"www.{DEMO}", "A"), (f"media.{DEMO}", "A")]:
        says(delv(name, record_type), "; fully validated")
    says(delv(f"nothing.{DEMO}", "A"), "negative response, fully validated", "NXDOMAIN")
    says(unbound_host(DEMO, "MX"), "(secure)")
    says(unbound_host(f"nothing.{DEMO}", "A"), "(secure)")


def the_round_up_is_the_same_over_udp_and_tcp_and_at_every_server():
    own = [at for server, at in world["servers"].items() if "dnsimple-edge" in server]
    assert len(own) == 4, world["servers"]
    for name, record_type in [(DEMO, "A"), (DEMO, "DNSKEY"), (f"www.{DEMO}", "A"), (f"nothing.{DEMO}", "A")]:
        answers = [section(dig(at, name, record_type, how), "ANSWER") for at in own for how in ["+notcp", "+tcp"]]
        assert all(answer == answers[0] for answer in answers), answers
    parent = dig(world["servers"]["a.nic.io."], DEMO, "A")
    says(parent, "ANSWER: 0", "ns1.dnsimple-edge.com.", "IN\tDS")


def a_wrong_ds_is_refused():
    says(delv(DEMO, "A"), "broken trust chain")
    says(unbound_host(DEMO, "A"), "(BOGUS")


def without_a_ds_it_is_insecure():
    says(delv(DEMO, "A"), "; unsigned answer")
    says(unbound_host(DEMO, "A"), "(insecure)")


# What is served, and what is looked at there.
WORLDS = [
    (["HOWDAH_INTERNET"], CHECKS),
    (
        ["HOWDAH_ROUND_UP", "--serve", "--json"],
        [the_round_up_ends_signed, the_round_up_is_the_same_over_udp_and_tcp_and_at_every_server],
    ),
    (["HOWDAH_ROUND_UP", "--serve", "--json", "--ds", "wrong"], [a_wrong_ds_is_refused]),
    (["HOWDAH_ROUND_UP", "--serve", "--json", "--ds", "none"], [without_a_ds_it_is_insecure]),
]


def passes(check):
    name = check.__name__.replace("_", " ")
    try:
        check()
    except Exception as error:  # whatever it is, the next check may still tell us something
        print(f"FAILED {name}: {error}")
        if not isinstance(error, AssertionError):
            traceback.print_exc()
        return False
    print(f"ok     {name}")
    return True


def main():
    global world
    results = []
    for (program, *arguments), checks in WORLDS:
        with subprocess.Popen([os.environ[program], *arguments], stdout=subprocess.PIPE, text=True) as served:
            try:
                world = json.loads(served.stdout.readline())
                results += [passes(check) for check in checks]
            finally:
                served.kill()
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
