"""Our offsite copy beside rclone's, on the same servers in the same run: an S3-compatible server (rclone's own `serve s3`)
and our fake of Backblaze B2. Prints wall time, CPU time and peak memory of both clients and the ratios.

Each pair is run once to warm up and several times in turns, each time into a new bucket, and the medians are compared.
Server CPU is printed beside them: below 100 % of a processor per wall second nobody waited for a server that was busy.
"""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

OFFSITE_COPY = os.environ["HOWDAH_OFFSITE_COPY"]
UPLOAD = os.environ["HOWDAH_UPLOAD"]
FAKES = os.environ["HOWDAH_FAKES"]
RCLONE = os.path.join(os.path.dirname(sys.executable), "rclone")
RUNS = int(os.environ.get("HOWDAH_RUNS", "3"))
ONLY = os.environ.get("HOWDAH_ONLY", "")

# In memory where there is such a place: the disk is not what is compared.
BESIDE = "/dev/shm" if os.path.isdir("/dev/shm") else None
directory = tempfile.TemporaryDirectory(dir=BESIDE)
STORE = os.path.join(directory.name, "store")
KEY, SECRET = "AKIABENCHMARK", "benchmarkbenchmarkbenchmark"
PORT = 39000 + os.getpid() % 1000

servers = {}
buckets = 0


def environment():
    kept = {name: value for name, value in os.environ.items() if name not in ("AWS_CA_BUNDLE",)}
    fake = servers["fake"][1]
    return kept | {
        "RCLONE_CONFIG": os.path.join(directory.name, "rclone.conf"),
        "RCLONE_CONFIG_S3_TYPE": "s3",
        "RCLONE_CONFIG_S3_PROVIDER": "Other",
        "RCLONE_CONFIG_S3_ENDPOINT": f"http://127.0.0.1:{PORT}",
        "RCLONE_CONFIG_S3_ACCESS_KEY_ID": KEY,
        "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY": SECRET,
        "RCLONE_CONFIG_S3_FORCE_PATH_STYLE": "true",
        "RCLONE_CONFIG_B2_TYPE": "b2",
        "RCLONE_CONFIG_B2_ACCOUNT": fake["account"],
        "RCLONE_CONFIG_B2_KEY": fake["token"],
        "RCLONE_CONFIG_B2_ENDPOINT": fake["origin"],
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{PORT}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "B2_ENVIRONMENT": fake["origin"],
        "B2_APPLICATION_KEY_ID": fake["account"],
        "B2_APPLICATION_KEY": fake["token"],
    }


def start_servers(*options):
    os.makedirs(STORE, exist_ok=True)
    open(os.path.join(directory.name, "rclone.conf"), "a", encoding="ascii").close()
    fakes = subprocess.Popen(
        [FAKES, "--json", *options],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": directory.name},
        text=True,
    )
    fake = next(served for served in map(json.loads, fakes.stdout) if served["provider"] == "backblaze")
    servers["fake"] = (fakes, fake)
    # It would hash whatever is read as a whole, and nothing that is read in ranges.
    s3 = subprocess.Popen(
        [RCLONE, "serve", "s3", "--addr", f"127.0.0.1:{PORT}", "--auth-key", f"{KEY},{SECRET}", "--no-modtime",
         "--no-checksum", "--log-level", "ERROR", STORE],
        env={**os.environ, "RCLONE_CONFIG": "/dev/null"},
    )
    servers["s3"] = (s3, None)
    time.sleep(2)


def stop_servers():
    for process, _ in servers.values():
        process.kill()
        process.wait()


def server_cpu():
    """Seconds of processor that the servers have used."""
    total = 0
    for process, _ in servers.values():
        with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def measured(*command):
    """Wall seconds, CPU seconds, peak MiB, and the servers' CPU seconds of a command that must succeed."""
    before, began = server_cpu(), time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        said.seek(0)
        assert process.returncode == 0, f"{' '.join(command)}:\n{said.read().decode(errors='replace')[-3000:]}"
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, server_cpu() - before


def new_bucket():
    global buckets
    buckets += 1
    name = f"bench-{buckets:04}"
    subprocess.run([RCLONE, "mkdir", f"b2:{name}"], env=environment(), check=True)
    return name


def in_turns(theirs, ours):
    """Runs both in turns; each is a function that gives a command."""
    their_runs, our_runs = [], []
    for _ in range(RUNS + 1):
        their_runs.append(measured(*theirs()))
        our_runs.append(measured(*ours()))
    return their_runs[1:], our_runs[1:]


def line(name, runs):
    wall, cpu, memory, servers_cpu = (statistics.median(column) for column in zip(*runs))
    print(f"  {name:18} {wall:8.2f} s wall {cpu:8.2f} s CPU {memory:7.0f} MiB   (servers {servers_cpu / wall:4.0%} busy)",
          flush=True)
    return wall, cpu, memory


def compared(title, other, theirs, ours, goals):
    """Compares medians; a goal of None is not compared, one of 0 has none."""
    print(f"\n{title}", flush=True)
    their_runs, our_runs = in_turns(theirs, ours)
    left, right = line("howdah", our_runs), line(other, their_runs)
    for what, our_median, their_median, goal in zip(("wall", "CPU", "memory"), left, right, goals):
        if goal is not None:
            said = f" (goal: at most {goal})" if goal else ""
            print(f"  {what:6} {our_median / their_median:5.2f} of {other}'s{said}", flush=True)


def fill(bucket, files):
    root = os.path.join(STORE, bucket)
    for index, (name, size) in enumerate(files):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        block = hashlib.sha512(str(index).encode()).digest() * 1024
        with open(path, "wb") as file:
            while size > 0:
                size -= file.write(block[:size])


def copy(source, bucket, *more):
    return [OFFSITE_COPY, "--apply", "--verify", "none", *more, source, f"b2://{bucket}"]


def small():
    fill("small", [(f"d{index % 100:03}/f{index:05}.jpg", 20 * 1024) for index in range(10_000)])
    best = ["--fast-list", "--transfers", "32", "--checkers", "32"]
    compared(
        "10,000 objects of 20 KiB from S3 to B2",
        "rclone",
        lambda: [RCLONE, "copy", "-q", *best, "s3:small", f"b2:{new_bucket()}"],
        lambda: copy("s3://small", new_bucket()),
        (0.7, 0.5, 0.5),
    )
    shutil.rmtree(os.path.join(STORE, "small"))


def large():
    fill("large", [(f"film-{index}.bin", 1 << 30) for index in range(4)])
    best = ["--transfers", "2", "--b2-upload-concurrency", "2", "--b2-chunk-size", "16Mi", "--b2-upload-cutoff", "16Mi",
            "--multi-thread-streams", "2"]
    compared(
        "4 GiB in 4 large files from S3 to B2",
        "rclone",
        lambda: [RCLONE, "copy", "-q", *best, "s3:large", f"b2:{new_bucket()}"],
        lambda: copy("s3://large", new_bucket(), "--budget", "12", "--part-size", "5"),
        (0.7, 0.5, 0.5),
    )
    shutil.rmtree(os.path.join(STORE, "large"))


def single():
    fill("../single", [("film.bin", 4 << 30)])
    film = os.path.join(directory.name, "single", "film.bin")
    compared(
        "4 GiB in one file to B2, beside `openssl dgst -sha1` of it",
        "openssl",
        lambda: ["openssl", "dgst", "-sha1", film],
        lambda: [UPLOAD, new_bucket(), film, "--whole"],
        (2, 1.3, None),
    )
    shutil.rmtree(os.path.dirname(film))


def unchanged():
    fill("many", [(f"d{index % 100:03}/f{index:06}.jpg", 10) for index in range(100_000)])
    best = ["--fast-list", "--transfers", "32", "--checkers", "64", "--update", "--use-server-modtime"]
    bucket = new_bucket()
    measured(*copy("s3://many", bucket))
    compared(
        "100,000 objects from S3 to B2 that are there already",
        "rclone",
        lambda: [RCLONE, "sync", "-q", *best, "--exclude", "/.offsite-copy/**", "s3:many", f"b2:{bucket}"],
        lambda: copy("s3://many", bucket),
        (0.5, 0, 0),
    )
    shutil.rmtree(os.path.join(STORE, "many"))


def memory():
    print("\nmemory of a plan", flush=True)
    peaks = []
    for prefix, count in (("one-percent", 10_000), ("", 1_000_000)):
        runs = [measured(OFFSITE_COPY, f"b2://many-objects/{prefix}", f"b2://{new_bucket()}") for _ in range(RUNS)]
        peaks.append(line(f"{count:,} objects", runs)[2])
    print(f"  {peaks[1] / peaks[0]:.2f} times the memory for 100 times the objects", flush=True)


SCENARIOS = {
    small: [],
    # Contents are hashed and not kept, so that nobody waits for pages of memory.
    large: ["--backblaze-discard"],
    single: ["--backblaze-discard"],
    unchanged: [],
    memory: ["--backblaze-objects", "1000000"],
}


def main():
    for scenario, options in SCENARIOS.items():
        if not ONLY or scenario.__name__ in ONLY.split(","):
            start_servers(*options)
            try:
                scenario()
            finally:
                stop_servers()


if __name__ == "__main__":
    main()
