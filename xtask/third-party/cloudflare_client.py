"""Cloudflare's own Python client against our fake of Cloudflare.

Prints each thing it checked, and at last `N passed, M failed`.
"""

import os

import cloudflare
from cloudflare import Cloudflare

from checks import equal, run

ACCOUNT = os.environ["HOWDAH_ACCOUNT"]
TOKEN = os.environ["HOWDAH_TOKEN"]
BASE_URL = os.environ["HOWDAH_BASE_URL"]

# Zones are made in the dashboard; this one is there from the beginning.
ZONE = "example.com"
# A world that was kept by an earlier run may hold any name but these.
BELOW = f"third-party-{os.getpid()}.{ZONE}"
MANY = 250

client = Cloudflare(api_token=TOKEN, base_url=BASE_URL, max_retries=0)
records, dnssec = client.dns.records, client.dns.dnssec
held = {}


def refused(status, call, *arguments, **named):
    """The call fails with this status; returns the error."""
    try:
        call(*arguments, **named)
    except cloudflare.APIStatusError as error:
        equal(error.status_code, status, "status")
        assert error.body["success"] is False and error.body["errors"][0]["message"], "an error says why"
        return error
    raise AssertionError(f"expected {status}, but it succeeded")


def the_token_is_good():
    equal(client.user.tokens.verify().status, "active", "token")
    refused(401, Cloudflare(api_token="not-" + TOKEN, base_url=BASE_URL, max_retries=0).user.tokens.verify)


def the_zone_is_found_by_its_name():
    zones = list(client.zones.list(name=ZONE))
    equal([zone.name for zone in zones], [ZONE], "zones")
    zone = zones[0]
    equal((zone.status, zone.type, zone.account.id), ("pending", "full", ACCOUNT), "zone")
    equal(len(zone.name_servers), 2, "name servers")
    equal(client.zones.get(zone_id=zone.id).name, ZONE, "by its id")
    equal(list(client.zones.list(name="missing-" + ZONE)), [], "no other")
    refused(404, client.zones.get, zone_id="0" * 32)
    held["zone"] = zone.id


def a_record_is_created_read_changed_and_deleted():
    zone = held["zone"]
    made = records.create(zone_id=zone, type="MX", name="mail." + BELOW, content="mx.example.org", priority=10, ttl=600)
    equal((made.name, made.type, made.content), ("mail." + BELOW, "MX", "mx.example.org"), "created")
    equal((made.priority, made.ttl, made.proxied), (10, 600, False), "created")
    equal(records.get(made.id, zone_id=zone).content, "mx.example.org", "read")
    changed = records.edit(made.id, zone_id=zone, type="MX", name="mail." + BELOW, ttl=300)
    equal((changed.ttl, changed.content, changed.priority), (300, "mx.example.org", 10), "changed")
    again = {"type": "MX", "name": "mail." + BELOW, "content": "mx.example.org", "priority": 10, "ttl": 600}
    refused(400, records.create, zone_id=zone, **again)
    records.delete(made.id, zone_id=zone)
    refused(404, records.get, made.id, zone_id=zone)


def parts_are_written_and_read():
    zone = held["zone"]
    parts = {"priority": 1, "weight": 2, "port": 5060, "target": "sip.example.org"}
    made = records.create(zone_id=zone, type="SRV", name="_sip._tcp." + BELOW, data=parts, ttl=300)
    data = made.data
    equal((data.priority, data.weight, data.port, data.target), (1, 2, 5060, "sip.example.org"), "parts")
    assert "5060 sip.example.org" in made.content, made.content
    records.delete(made.id, zone_id=zone)


def a_proxied_record_has_the_providers_ttl():
    zone = held["zone"]
    made = records.create(zone_id=zone, type="A", name="www." + BELOW, content="192.0.2.1", ttl=300, proxied=True)
    equal((made.ttl, made.proxied, made.proxiable, made.content), (1, True, True, "192.0.2.1"), "proxied")


def many_records_come_in_pages():
    zone = held["zone"]
    for number in range(MANY):
        records.create(zone_id=zone, type="A", name=f"h{number:03}.{BELOW}", content="192.0.2.9", ttl=300)
    # It asks until a page is empty.
    found = [record for record in records.list(zone_id=zone, per_page=100) if record.name.endswith(BELOW)]
    equal(len(found), MANY + 1, "records")
    equal(len({record.id for record in found}), MANY + 1, "distinct ids")
    page = records.list(zone_id=zone, per_page=100)
    equal((len(page.result), page.result_info.page, page.result_info.per_page), (100, 1, 100), "first page")
    equal(records.list(zone_id=zone, per_page=100, page=1000).result, [], "a page past the end")


def the_export_has_the_records():
    text = records.export(zone_id=held["zone"])
    for wanted in [f"h249.{BELOW}.\t300\tIN\tA\t192.0.2.9", f"www.{BELOW}.\t1\tIN\tA\t192.0.2.1 ; cf_tags=cf-proxied:true"]:
        assert wanted in text, f"{wanted} in the export"


def dnssec_goes_on_and_off():
    zone = held["zone"]
    equal(dnssec.get(zone_id=zone).status, "disabled", "before")
    signed = dnssec.edit(zone_id=zone, status="active")
    equal((signed.status, signed.flags, signed.algorithm, signed.digest_type), ("pending", 257, "13", "2"), "signed")
    assert signed.ds.startswith(f"{ZONE}. 3600 IN DS {int(signed.key_tag)} 13 2 "), signed.ds
    equal(dnssec.edit(zone_id=zone, status="disabled").status, "disabled", "after")


def what_else_there_is_can_be_read():
    zone = held["zone"]
    equal(client.page_rules.list(zone_id=zone), [], "page rules")
    equal([ruleset.kind for ruleset in client.rulesets.list(zone_id=zone)], ["managed"], "rulesets")
    equal(client.email_routing.get(zone_id=zone).enabled, False, "email routing")
    equal(list(client.workers.routes.list(zone_id=zone)), [], "Worker routes")
    equal(client.ssl.universal.settings.get(zone_id=zone).enabled, False, "Universal SSL")
    equal(list(client.ssl.certificate_packs.list(zone_id=zone)), [], "certificate packs")


def everything_is_taken_away_again():
    zone = held["zone"]
    for record in list(records.list(zone_id=zone, per_page=1000)):
        if record.name.endswith(BELOW):
            records.delete(record.id, zone_id=zone)
    equal([record for record in records.list(zone_id=zone) if record.name.endswith(BELOW)], [], "records")


# In this order: later ones build on what earlier ones made.
CHECKS = [
    the_token_is_good,
    the_zone_is_found_by_its_name,
    a_record_is_created_read_changed_and_deleted,
    parts_are_written_and_read,
    a_proxied_record_has_the_providers_ttl,
    many_records_come_in_pages,
    the_export_has_the_records,
    dnssec_goes_on_and_off,
    what_else_there_is_can_be_read,
    everything_is_taken_away_again,
]


if __name__ == "__main__":
    run(CHECKS)
