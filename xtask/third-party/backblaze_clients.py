"""rclone (Debian's and the newest) and the b2 command line tool against our fake of Backblaze B2.

Prints each thing it checked, and at last `N passed, M failed`.
"""

import filecmp
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import traceback

BASE_URL = os.environ["HOWDAH_BASE_URL"]
KEY_ID = os.environ["HOWDAH_ACCOUNT"]
KEY = os.environ["HOWDAH_TOKEN"]
OFFSITE_COPY = os.environ["HOWDAH_OFFSITE_COPY"]

TOOLS = os.path.dirname(sys.executable)
B2 = os.path.join(TOOLS, "b2")
# The newest comes with the clients, Debian's with the machine.
RCLONES = {"rclone": "rclone", "rclone-new": os.path.join(TOOLS, "rclone")}

directory = tempfile.TemporaryDirectory()


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if name not in ("AWS_CA_BUNDLE", "RCLONE_CONFIG")}
    remote = {
        "RCLONE_CONFIG": os.path.join(directory.name, "rclone.conf"),
        "RCLONE_CONFIG_B2_TYPE": "b2",
        "RCLONE_CONFIG_B2_ACCOUNT": KEY_ID,
        "RCLONE_CONFIG_B2_KEY": KEY,
        "RCLONE_CONFIG_B2_ENDPOINT": BASE_URL,
        "B2_ENVIRONMENT": BASE_URL,
        "B2_APPLICATION_KEY_ID": KEY_ID,
        "B2_APPLICATION_KEY": KEY,
        "B2_ACCOUNT_INFO": os.path.join(directory.name, "b2-account"),
        "HOME": directory.name,
    }
    return kept | remote | more


def run(*command, expect=0, **more):
    """What a tool says, once it ended as expected."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=180,
        check=False,
        env=environment(**more),
    )
    out = done.stdout.decode(errors="surrogateescape")
    said = out + done.stderr.decode(errors="replace")
    assert (done.returncode == 0) == (expect == 0), f"{' '.join(command)} ended with {done.returncode}:\n{said}"
    return said if expect else out


def rclone(which, *arguments, expect=0):
    quick = ["--retries", "1", "--low-level-retries", "20", "--b2-chunk-size", "5Mi", "--b2-upload-cutoff", "5Mi"]
    return run(RCLONES[which], *arguments, *quick, expect=expect)


def b2(*arguments, expect=0, **more):
    return run(B2, *arguments, expect=expect, **more)


def written(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    return path


def content(size, seed):
    """Bytes that look like nothing, always the same ones."""
    block = hashlib.sha512(seed.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


def tree(name):
    """Files with the names and sizes that go wrong."""
    root = os.path.join(directory.name, name)
    files = {
        "empty": 0,
        "one": 1,
        "a b/plus+and&comma,.txt": 1000,
        "ünïcode/日本語.txt": 5000,
        "deep/er/and/deeper/file.jpg": 100_000,
        "percent%20sign/quote'\"and#hash?.bin": 300,
        "large.bin": 12_000_000,
    }
    for file, size in files.items():
        path = written(os.path.join(root, file), content(size, file))
        os.utime(path, (1_670_144_400, 1_670_144_400))
    return root, files


def same(left, right):
    compared = filecmp.dircmp(left, right)
    assert not compared.left_only and not compared.right_only, f"{compared.left_only} {compared.right_only}"
    wrong = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
    assert not wrong[1] and not wrong[2], f"differ: {wrong}"
    for name in compared.common_dirs:
        same(os.path.join(left, name), os.path.join(right, name))


def rclone_copies_and_checks(which):
    root, files = tree(f"{which}-tree")
    remote = f"b2:{which}-copies/media"
    rclone(which, "mkdir", f"b2:{which}-copies")
    rclone(which, "copy", root, remote)
    rclone(which, "check", root, remote)
    rclone(which, "check", "--download", root, remote)
    assert large_files(f"{which}-copies") == ["media/large.bin"]
    listed = json.loads(rclone(which, "lsjson", "-R", "--files-only", "--hash", remote))
    assert {entry["Path"]: entry["Size"] for entry in listed} == files, listed
    assert all(entry["ModTime"].startswith("2022-12-04T09:00:00") for entry in listed), listed
    assert all(len(entry["Hashes"]["sha1"]) == 40 for entry in listed), listed
    # Nothing is to be done a second time.
    said = rclone(which, "copy", "-v", "--stats-one-line", root, remote, expect=0)
    assert "Copied" not in said, said
    back = os.path.join(directory.name, f"{which}-back")
    rclone(which, "copy", remote, back)
    same(root, back)


def rclone_syncs(which):
    root = os.path.join(directory.name, f"{which}-sync")
    for name in ("kept", "changed", "gone"):
        written(os.path.join(root, name), content(2000, name))
    remote = f"b2:{which}-syncs"
    rclone(which, "mkdir", remote)
    rclone(which, "sync", root, remote)
    os.remove(os.path.join(root, "gone"))
    written(os.path.join(root, "changed"), content(2500, "changed again"))
    rclone(which, "sync", root, remote)
    rclone(which, "check", root, remote)
    assert sorted(rclone(which, "lsf", remote).split()) == ["changed", "kept"]
    # What was replaced and removed is still there, hidden.
    versions = rclone(which, "lsf", "--b2-versions", remote).split()
    assert len(versions) == 4, versions
    rclone(which, "cleanup", remote)
    assert len(rclone(which, "lsf", "--b2-versions", remote).split()) == 2


def rclone_bears_a_service_that_fails(which):
    root, _ = tree(f"{which}-tested")
    remote = f"b2:{which}-tested"
    rclone(which, "mkdir", remote)
    for mode in ("fail_some_uploads", "expire_some_account_authorization_tokens"):
        rclone(which, "copy", "--b2-test-mode", mode, root, f"{remote}/{mode}")
        rclone(which, "check", root, f"{remote}/{mode}")
    said = rclone(which, "copy", "--b2-test-mode", "force_cap_exceeded", root, f"{remote}/cap", expect=1)
    assert "cap" in said.lower(), said


def rclone_moves_within_the_service(which):
    remote = f"b2:{which}-moves"
    root, _ = tree(f"{which}-moved")
    rclone(which, "mkdir", remote)
    rclone(which, "copy", root, f"{remote}/a")
    rclone(which, "copy", f"{remote}/a", f"{remote}/b")
    rclone(which, "check", root, f"{remote}/b")
    rclone(which, "moveto", f"{remote}/a/one", f"{remote}/c/one")
    assert rclone(which, "lsf", f"{remote}/c").split() == ["one"]
    name = "a b/plus+and&comma,.txt"
    piece = rclone(which, "cat", "--offset", "100", "--count", "50", f"{remote}/b/{name}")
    assert piece.encode(errors="surrogateescape") == content(1000, name)[100:150], piece
    rclone(which, "--b2-hard-delete", "purge", remote)
    assert f"{which}-moves" not in rclone(which, "lsd", "b2:")


def large_files(bucket):
    """The names of what was uploaded in parts. Such a file has no SHA-1 of its own."""
    listed = json.loads(b2("ls", "--json", "--recursive", f"b2://{bucket}"))
    return [entry["fileName"] for entry in listed if entry["contentSha1"] in (None, "none")]


def the_command_line_tool_uploads_and_downloads():
    root, files = tree("cli-tree")
    b2("bucket", "create", "cli-files", "allPrivate")
    for name in files:
        path = os.path.join(root, name)
        b2("file", "upload", "cli-files", path, f"media/{name}")
    listed = json.loads(b2("ls", "--json", "--recursive", "b2://cli-files"))
    assert {entry["fileName"]: entry.get("size", entry.get("contentLength")) for entry in listed} == {
        f"media/{name}": size for name, size in files.items()
    }, listed
    assert large_files("cli-files") == ["media/large.bin"]
    for name in files:
        target = os.path.join(directory.name, "cli-back", name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        b2("file", "download", f"b2://cli-files/media/{name}", target)
    same(root, os.path.join(directory.name, "cli-back"))
    # The others read what it wrote.
    for which in RCLONES:
        rclone(which, "check", "--download", root, "b2:cli-files/media")


def the_command_line_tool_syncs_hides_and_deletes():
    root = os.path.join(directory.name, "cli-sync")
    for name in ("kept", "deep/changed", "gone"):
        written(os.path.join(root, name), content(3000, name))
    b2("bucket", "create", "cli-syncs", "allPrivate", "--lifecycle-rule",
       json.dumps({"fileNamePrefix": "", "daysFromHidingToDeleting": 30, "daysFromUploadingToHiding": None}))
    b2("sync", root, "b2://cli-syncs/copy")
    os.remove(os.path.join(root, "gone"))
    b2("sync", "--delete", root, "b2://cli-syncs/copy")
    back = os.path.join(directory.name, "cli-sync-back")
    os.makedirs(back)
    b2("sync", "b2://cli-syncs/copy", back)
    same(root, back)
    b2("file", "hide", "b2://cli-syncs/copy/kept")
    assert "kept" not in b2("ls", "--recursive", "b2://cli-syncs")
    assert "kept" in b2("ls", "--recursive", "--versions", "b2://cli-syncs")
    b2("file", "unhide", "b2://cli-syncs/copy/kept")
    assert "kept" in b2("ls", "--recursive", "b2://cli-syncs")
    said = b2("bucket", "delete", "cli-syncs", expect=1)
    assert "cannot_delete_non_empty_bucket" in said, said
    b2("rm", "--recursive", "--versions", "b2://cli-syncs")
    b2("bucket", "delete", "cli-syncs")


def the_command_line_tool_makes_keys_and_copies():
    b2("bucket", "create", "cli-copies", "allPrivate")
    path = written(os.path.join(directory.name, "copied"), content(20_000, "copied"))
    b2("file", "upload", "cli-copies", path, "original")
    b2("file", "server-side-copy", "b2://cli-copies/original", "b2://cli-copies/copy")
    target = os.path.join(directory.name, "copy")
    b2("file", "download", "b2://cli-copies/copy", target)
    assert filecmp.cmp(path, target, shallow=False)
    created = b2("key", "create", "--bucket", "cli-copies", "read-only", "listBuckets,listFiles,readFiles").split()
    limited = {
        "B2_APPLICATION_KEY_ID": created[0],
        "B2_APPLICATION_KEY": created[1],
        "B2_ACCOUNT_INFO": os.path.join(directory.name, "b2-limited"),
    }
    b2("file", "download", "b2://cli-copies/copy", target, **limited)
    said = b2("file", "upload", "cli-copies", path, "refused", expect=1, **limited)
    assert "nauthorized" in said or "not authorized" in said or "capabilit" in said, said
    assert "read-only" in b2("key", "list")
    b2("key", "delete", created[0])
    assert "read-only" not in b2("key", "list")


def others_read_what_our_client_wrote():
    root, _ = tree("ours")
    b2("bucket", "create", "ours-copied", "allPrivate")
    run(OFFSITE_COPY, "--apply", "--part-size", "5", f"file://{root}", "b2://ours-copied/media")
    for which in RCLONES:
        rclone(which, "check", "--exclude", "/.offsite-copy/**", root, "b2:ours-copied/media")
        rclone(which, "check", "--download", "--exclude", "/.offsite-copy/**", root, "b2:ours-copied/media")
        listed = json.loads(rclone(which, "lsjson", "--files-only", "b2:ours-copied/media"))
        assert all(entry["ModTime"].startswith("2022-12-04T09:00:00") for entry in listed), listed
    assert large_files("ours-copied") == ["media/large.bin"]
    target = os.path.join(directory.name, "ours-large")
    b2("file", "download", "b2://ours-copied/media/large.bin", target)
    assert filecmp.cmp(os.path.join(root, "large.bin"), target, shallow=False)


def processes_share_a_copy():
    root, files = tree("shared")
    b2("bucket", "create", "ours-shared", "allPrivate")
    command = [OFFSITE_COPY, "--apply", "--json", f"file://{root}", "b2://ours-shared"]
    started = [
        subprocess.Popen(
            [*command, "--shard", f"{index}/3"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        for index in range(3)
    ]
    copied = []
    for process in started:
        said, _ = process.communicate(timeout=180)
        assert process.returncode == 0, said
        copied.append(json.loads(said)["copied"][0]["copied"]["objects"])
    # Each has its own part, and together they have all of it, once.
    assert sum(copied) == len(files) and max(copied) < len(files), copied
    rclone("rclone-new", "check", "--exclude", "/.offsite-copy/**", root, "b2:ours-shared")
    listed = json.loads(b2("ls", "--json", "--recursive", "--versions", "b2://ours-shared"))
    names = [entry["fileName"] for entry in listed if not entry["fileName"].startswith(".offsite-copy/")]
    assert len(names) == len(set(names)) == len(files), names


def ours_reads_what_others_wrote():
    for bucket in [f"{which}-copies" for which in RCLONES] + ["cli-files"]:
        target = os.path.join(directory.name, f"read-{bucket}")
        os.makedirs(target)
        run(OFFSITE_COPY, "--apply", "--verify", "full", f"b2://{bucket}/media", f"file://{target}")
        root, _ = tree("expected")
        rclone("rclone-new", "check", "--exclude", "/.offsite-copy/**", root, target)


CHECKS = [
    *[
        (f"{check.__name__} ({which})", lambda check=check, which=which: check(which))
        for which in RCLONES
        for check in (
            rclone_copies_and_checks,
            rclone_syncs,
            rclone_bears_a_service_that_fails,
            rclone_moves_within_the_service,
        )
    ],
    *[
        (check.__name__, check)
        for check in (
            the_command_line_tool_uploads_and_downloads,
            the_command_line_tool_syncs_hides_and_deletes,
            the_command_line_tool_makes_keys_and_copies,
            others_read_what_our_client_wrote,
            processes_share_a_copy,
            ours_reads_what_others_wrote,
        )
    ],
]


def main():
    passed = failed = 0
    for name, check in CHECKS:
        try:
            check()
        except Exception:  # noqa: BLE001 -- whatever went wrong, the others are checked too
            failed += 1
            print(f"FAILED {name}", flush=True)
            traceback.print_exc()
        else:
            passed += 1
            print(f"ok {name.replace('_', ' ')}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
