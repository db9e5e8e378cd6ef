"""DigitalOcean's own Python client against our fake of DigitalOcean.

Prints each thing it checked, and at last `N passed, M failed`.
"""

import datetime
import os
import socket
import ssl
import time

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydo import Client

from checks import equal, run

TOKEN = os.environ["HOWDAH_TOKEN"]
BASE_URL = os.environ["HOWDAH_BASE_URL"]
EDGE = os.environ["HOWDAH_EDGE"]

# A world that was kept by an earlier run may hold any name but these.
RUN = str(os.getpid())
REGION = "tor1"
MANY = 450


class Bearer(SansIOHTTPPolicy):
    """What the client does by itself where there is TLS, which loopback does not need."""

    def __init__(self, token):
        self.token = token

    def on_request(self, request):
        request.http_request.headers["Authorization"] = f"Bearer {self.token}"


def client_with(token):
    return Client(token=token, endpoint=BASE_URL, authentication_policy=Bearer(token))


client = client_with(TOKEN)
made = {}


def refused(status, call, *arguments, **named):
    """The call fails with this status; returns what the error says."""
    try:
        call(*arguments, **named)
    except HttpResponseError as error:
        equal(error.status_code, status, "status")
        return str(error)
    raise AssertionError(f"expected {status}, but it succeeded")


def until(what, look, seconds=90):
    """Looks each second until there is something to see."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(1)
    raise AssertionError(f"{what}: not within {seconds} seconds")


def certificate(name):
    """Leaf, chain and key, as PEM, by an authority that nobody trusts."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def signed(subject, key, issuer, issuer_key, authority):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=90))
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        if not authority:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def named(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = named("An authority")
    chain = signed(authority, authority_key, authority, authority_key, True)
    leaf = signed(named(name), key, authority, authority_key, False)
    pkcs8 = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption()).decode()
    return leaf, chain, private


def upload(name):
    leaf, chain, key = certificate("vmst.io")
    made["leaf"], made["authority"] = leaf, chain
    body = {"name": name, "type": "custom", "private_key": key, "leaf_certificate": leaf, "certificate_chain": chain}
    return client.certificates.create(body=body)["certificate"]


def who_is_asking():
    account = client.account.get()["account"]
    equal(account["status"], "active", "status")
    assert account["droplet_limit"] >= MANY, "enough Droplets for what follows"


def a_wrong_token_is_refused():
    stranger = client_with("not-" + TOKEN)
    assert "Unable to authenticate" in refused(401, stranger.account.get)


def a_droplet_starts_from_a_snapshot():
    snapshots = client.snapshots.list(resource_type="droplet")["snapshots"]
    image = next(int(one["id"]) for one in snapshots if REGION in one["regions"])
    body = {"name": f"web-{RUN}", "region": REGION, "size": "s-1vcpu-1gb", "image": image, "tags": [f"web-{RUN}"]}
    created = client.droplets.create(body=body)
    equal(created["droplet"]["status"], "new", "status")
    action = created["links"]["actions"][0]["id"]
    until("the action", lambda: client.actions.get(action_id=action)["action"]["status"] == "completed")
    droplet = client.droplets.get(droplet_id=created["droplet"]["id"])["droplet"]
    equal((droplet["status"], droplet["image"]["id"]), ("active", image), "status and image")
    kinds = sorted(network["type"] for network in droplet["networks"]["v4"])
    equal(kinds, ["private", "public"], "networks")
    made["droplet"] = droplet["id"]


def it_goes_behind_a_load_balancer_with_a_certificate():
    made["certificate"] = upload(f"old-{RUN}")["id"]
    rule = {"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 80}
    rule["certificate_id"] = made["certificate"]
    body = {"name": f"web-{RUN}", "region": REGION, "forwarding_rules": [rule], "droplet_ids": [made["droplet"]]}
    balancer = client.load_balancers.create(body=body)["load_balancer"]
    equal(balancer["droplet_ids"], [made["droplet"]], "Droplets")
    made["balancer"] = balancer["id"]
    said = refused(422, client.load_balancers.create, body={**body, "tag": "web"})
    assert "droplet_ids" in said, said


def the_certificate_is_swapped():
    new = upload(f"new-{RUN}")
    balancer = client.load_balancers.get(lb_id=made["balancer"])["load_balancer"]
    body = {
        "name": balancer["name"],
        "region": balancer["region"]["slug"],
        "droplet_ids": balancer["droplet_ids"],
        "forwarding_rules": [{**rule, "certificate_id": new["id"]} for rule in balancer["forwarding_rules"]],
        "health_check": balancer["health_check"],
        "size_unit": balancer["size_unit"],
    }
    said = refused(422, client.certificates.delete, certificate_id=made["certificate"])
    assert "being used" in said, said
    updated = client.load_balancers.update(lb_id=balancer["id"], body=body)["load_balancer"]
    equal([rule["certificate_id"] for rule in updated["forwarding_rules"]], [new["id"]], "certificates")

    def gone():
        try:
            client.certificates.delete(certificate_id=made["certificate"])
            return True
        except HttpResponseError as error:
            equal(error.status_code, 422, "the old one counts as used for a while")

    until("the old certificate", gone)
    # The client takes what is not there for an answer.
    equal(client.certificates.get(certificate_id=made["certificate"])["id"], "not_found", "the old certificate")


def many_droplets_come_in_pages():
    tag = f"many-{RUN}"
    for first in range(0, MANY, 10):
        names = [f"many-{number}" for number in range(first, first + 10)]
        body = {"names": names, "region": REGION, "size": "s-1vcpu-1gb", "image": "debian-12-x64", "tags": [tag]}
        equal(len(client.droplets.create(body=body)["droplets"]), 10, "ten at a time")
    seen, page, pages = [], 1, 0
    while True:
        answer = client.droplets.list(tag_name=tag, per_page=200, page=page)
        equal(answer["meta"]["total"], MANY, "total")
        seen += [droplet["name"] for droplet in answer["droplets"]]
        pages += 1
        if "next" not in answer["links"].get("pages", {}):
            break
        page += 1
    equal((len(seen), len(set(seen)), pages), (MANY, MANY, 3), "names and pages")
    client.droplets.destroy_by_tag(tag_name=tag)
    equal(client.droplets.list(tag_name=tag)["meta"]["total"], 0, "left")


def a_database_has_its_connection():
    body = {"name": f"db-{RUN}", "engine": "pg", "size": "db-s-1vcpu-1gb", "region": REGION, "num_nodes": 1}
    cluster = client.databases.create_cluster(body=body)["database"]
    equal(cluster["status"], "creating", "status")
    assert cluster["connection"]["uri"].startswith("postgres"), "a URI"
    client.databases.destroy_cluster(database_cluster_uuid=cluster["id"])


def records_are_kept():
    zone = f"third-party-{RUN}.com"
    client.domains.create(body={"name": zone})
    body = {"type": "A", "name": "www", "data": "192.0.2.1", "ttl": 300}
    record = client.domains.create_record(domain_name=zone, body=body)["domain_record"]
    equal((record["name"], record["data"], record["priority"]), ("www", "192.0.2.1", None), "record")
    found = client.domains.list_records(domain_name=zone, name=f"www.{zone}")["domain_records"]
    equal([one["id"] for one in found], [record["id"]], "found by its whole name")
    client.domains.delete(domain_name=zone)
    equal(client.domains.get(domain_name=zone)["id"], "not_found", "the domain")


def its_listener_presents_the_new_certificate():
    until("the load balancer", lambda: is_active(client.load_balancers.get(lb_id=made["balancer"])["load_balancer"]))
    context = ssl.create_default_context(cadata=made["authority"])
    # An authority that was made in a moment lacks what the strictest ask for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["h2", "http/1.1"])
    host, port = EDGE.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        with context.wrap_socket(connection, server_hostname="vmst.io") as listener:
            equal(listener.getpeercert(binary_form=True), ssl.PEM_cert_to_DER_cert(made["leaf"]), "the certificate")
            equal(listener.selected_alpn_protocol(), "http/1.1", "the protocol")


def is_active(balancer):
    return balancer["status"] == "active"


CHECKS = [
    who_is_asking,
    a_wrong_token_is_refused,
    a_droplet_starts_from_a_snapshot,
    it_goes_behind_a_load_balancer_with_a_certificate,
    the_certificate_is_swapped,
    many_droplets_come_in_pages,
    a_database_has_its_connection,
    records_are_kept,
    its_listener_presents_the_new_certificate,
]


if __name__ == "__main__":
    run(CHECKS)
