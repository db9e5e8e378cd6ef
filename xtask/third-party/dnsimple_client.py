"""DNSimple's own Python client against our fake of DNSimple.

Prints each thing it checked, and at last `N passed, M failed`.
"""

import os

from dnsimple import Client, DNSimpleException
from dnsimple.struct import ZoneRecordInput, ZoneRecordUpdateInput

from checks import equal, run

ACCOUNT = int(os.environ["HOWDAH_ACCOUNT"])
TOKEN = os.environ["HOWDAH_TOKEN"]
BASE_URL = os.environ["HOWDAH_BASE_URL"]

# A world that was kept by an earlier run may hold any name but this one.
ZONE = f"third-party-{os.getpid()}.com"
MANY = 105

client = Client(access_token=TOKEN, base_url=BASE_URL)
zones, domains = client.zones, client.domains


# The client keeps an answer in attributes of a class that all answers share, so an answer is read before the next call.


def refused(status, call, *arguments):
    """The call fails with this status (none: the request is to blame, in whatever way); returns the error."""
    try:
        call(*arguments)
    except DNSimpleException as error:
        assert error.status == status or status is None and 400 <= error.status < 500, f"status {error.status}"
        assert error.message, "an error says why"
        return error
    raise AssertionError(f"expected {status}, but it succeeded")


def every_page(list_page, per_page):
    """All items, and the sizes of the pages they came in."""
    items, sizes, page = [], [], 1
    while True:
        answer = list_page(page=page, per_page=per_page)
        data, pagination = answer.data, answer.pagination
        equal(pagination.current_page, page, "current_page")
        equal(pagination.per_page, per_page, "per_page")
        items += data
        sizes.append(len(data))
        if page >= pagination.total_pages:
            equal(len(items), pagination.total_entries, "total_entries")
            return items, sizes
        page += 1


def who_is_asking():
    who = client.identity.whoami().data
    equal(who.user, None, "an account token has no user")
    equal(who.account.id, ACCOUNT, "account")


def every_answer_states_the_quota():
    answer = client.identity.whoami()
    first = answer.rate_limit_remaining
    assert answer.rate_limit > 0, "a limit"
    assert answer.rate_limit_reset > 1_500_000_000, "an epoch to come back at"
    assert client.identity.whoami().rate_limit_remaining < first, "a call costs"


def a_wrong_token_is_refused():
    stranger = Client(access_token="not-" + TOKEN, base_url=BASE_URL)
    refused(401, stranger.identity.whoami)


def a_domain_comes_with_its_zone():
    names = [zone.name for zone in zones.list_zones(ACCOUNT).data]
    assert ZONE not in names, "not there yet"
    domain = domains.create_domain(ACCOUNT, ZONE).data
    equal((domain.name, domain.account_id, domain.state), (ZONE, ACCOUNT, "hosted"), "domain")
    equal(domains.get_domain(ACCOUNT, ZONE).data.id, domain.id, "by name")
    equal(domains.get_domain(ACCOUNT, domain.id).data.name, ZONE, "by id")
    equal(zones.get_zone(ACCOUNT, ZONE).data.name, ZONE, "zone")
    found = zones.list_zones(ACCOUNT, filter={"name_like": ZONE}).data
    equal([zone.name for zone in found], [ZONE], "filtered by name_like")


def a_new_zone_has_its_system_records():
    records = zones.list_records(ACCOUNT, ZONE).data
    system = sorted({record.type for record in records if record.system_record})
    equal(system, ["NS", "SOA"], "system records")
    soa = next(record for record in records if record.type == "SOA")
    refused(None, zones.update_record, ACCOUNT, ZONE, soa.id, ZoneRecordUpdateInput(ttl=60))


def a_record_is_created_read_changed_and_deleted():
    made = zones.create_record(ACCOUNT, ZONE, ZoneRecordInput("mail", "MX", "mx.example.org", ttl=600, priority=10)).data
    equal((made.zone_id, made.name, made.type, made.ttl, made.priority), (ZONE, "mail", "MX", 600, 10), "created")
    equal((made.content, made.system_record, made.regions), ("mx.example.org", False, ["global"]), "created")
    read = zones.get_record(ACCOUNT, ZONE, made.id).data
    equal((read.id, read.content, read.priority), (made.id, "mx.example.org", 10), "read")
    changed = zones.update_record(ACCOUNT, ZONE, made.id, ZoneRecordUpdateInput(content="mx2.example.org", priority=20)).data
    equal((changed.id, changed.content, changed.priority, changed.ttl), (made.id, "mx2.example.org", 20, 600), "changed")
    equal(zones.get_record(ACCOUNT, ZONE, made.id).data.content, "mx2.example.org", "read again")
    equal(zones.delete_record(ACCOUNT, ZONE, made.id).http_response.status_code, 204, "deleted")
    refused(404, zones.get_record, ACCOUNT, ZONE, made.id)
    refused(404, zones.delete_record, ACCOUNT, ZONE, made.id)


def a_ttl_left_out_is_an_hour():
    made = zones.create_record(ACCOUNT, ZONE, ZoneRecordInput("default", "A", "192.0.2.1")).data
    equal((made.ttl, made.priority), (3600, None), "defaults")
    zones.delete_record(ACCOUNT, ZONE, made.id)


def many_records_come_in_pages():
    for number in range(MANY):
        zones.create_record(ACCOUNT, ZONE, ZoneRecordInput(f"host{number:03}", "A", f"192.0.2.{number}", ttl=300))

    def addresses(**page):
        return zones.list_records(ACCOUNT, ZONE, filter={"type": "A"}, **page)

    expected = {(f"host{number:03}", f"192.0.2.{number}") for number in range(MANY)}
    for per_page, sizes in [(100, [100, 5]), (35, [35, 35, 35]), (30, [30, 30, 30, 15])]:
        records, found = every_page(addresses, per_page)
        equal(found, sizes, f"pages of {per_page}")
        equal(len({record.id for record in records}), MANY, "distinct ids")
        equal({(record.name, record.content) for record in records}, expected, "records")


def without_per_page_a_page_has_thirty():
    answer = zones.list_records(ACCOUNT, ZONE, filter={"type": "A"})
    equal((len(answer.data), answer.pagination.total_entries), (30, MANY), "first page")


def a_page_past_the_end_is_empty():
    equal(zones.list_records(ACCOUNT, ZONE, page=1000, per_page=100).data, [], "page 1000")


def records_are_filtered_and_sorted():
    found = zones.list_records(ACCOUNT, ZONE, filter={"name": "host007"}).data
    equal([(record.name, record.content) for record in found], [("host007", "192.0.2.7")], "by name")
    found = zones.list_records(ACCOUNT, ZONE, filter={"name_like": "host01"}, sort="name:desc", per_page=100).data
    equal([record.name for record in found], [f"host{number:03}" for number in range(19, 9, -1)], "by name_like, sorted")


def text_is_kept():
    content = 'v=spf1 include:_spf.example.org -all; key="a b"'
    made = zones.create_record(ACCOUNT, ZONE, ZoneRecordInput("text", "TXT", f'"{content.replace(chr(34), chr(92) + chr(34))}"')).data
    equal(zones.get_record(ACCOUNT, ZONE, made.id).data.content, made.content, "content")
    assert content in made.content.replace(chr(92), ""), f"content, got {made.content!r}"
    zones.delete_record(ACCOUNT, ZONE, made.id)


def the_zone_file_has_the_records():
    file = zones.get_zone_file(ACCOUNT, ZONE).data.zone
    for wanted in ["SOA", "host000", "192.0.2.104"]:
        assert wanted in file, f"{wanted} in the zone file"


def nonsense_is_refused_by_field():
    error = refused(400, zones.create_record, ACCOUNT, ZONE, ZoneRecordInput("bad", "A", "not an address"))
    assert "content" in (error.attribute_errors or {}), f"errors by field, got {error.attribute_errors!r}"
    refused(400, domains.create_domain, ACCOUNT, ZONE)


def what_is_missing_is_not_found():
    missing = "missing-" + ZONE
    refused(404, zones.get_zone, ACCOUNT, missing)
    refused(404, zones.list_records, ACCOUNT, missing)
    refused(404, zones.get_record, ACCOUNT, ZONE, 999_999_999)
    refused(404, domains.get_domain, ACCOUNT, missing)


def dnssec_goes_on_and_off():
    equal(domains.enable_dnssec(ACCOUNT, ZONE).data.enabled, True, "enabled")
    equal(domains.get_dnssec(ACCOUNT, ZONE).data.enabled, True, "read")
    assert domains.list_domain_delegation_signer_records(ACCOUNT, ZONE).data is not None, "a list"
    domains.disable_dnssec(ACCOUNT, ZONE)
    refused(428, domains.disable_dnssec, ACCOUNT, ZONE)


def a_deleted_domain_takes_its_zone_along():
    equal(domains.delete_domain(ACCOUNT, ZONE).http_response.status_code, 204, "deleted")
    refused(404, zones.get_zone, ACCOUNT, ZONE)
    refused(404, domains.delete_domain, ACCOUNT, ZONE)


# In this order: later ones build on the zone that earlier ones made.
CHECKS = [
    who_is_asking,
    every_answer_states_the_quota,
    a_wrong_token_is_refused,
    a_domain_comes_with_its_zone,
    a_new_zone_has_its_system_records,
    a_record_is_created_read_changed_and_deleted,
    a_ttl_left_out_is_an_hour,
    many_records_come_in_pages,
    without_per_page_a_page_has_thirty,
    a_page_past_the_end_is_empty,
    records_are_filtered_and_sorted,
    text_is_kept,
    the_zone_file_has_the_records,
    nonsense_is_refused_by_field,
    what_is_missing_is_not_found,
    dnssec_goes_on_and_off,
    a_deleted_domain_takes_its_zone_along,
]


if __name__ == "__main__":
    run(CHECKS)
