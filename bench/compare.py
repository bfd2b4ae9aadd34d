#!/usr/bin/env python3
"""sinter against the tools people have, on the same files in one run: ./dev bench

Jobs: groupby (mean of 1 GB CSV with 1 M keys to sorted CSV), sort (1 GB of 100-byte records), words (word count of 1 GB
of text by Zipf's law, the program of examples/01_word_count), tiny (ten lines).
Every tool runs in A B A B order; the figure is the ratio of medians. Outputs are compared before any time counts.
Peers that are not installed are skipped and said so. Nothing is downloaded.
"""
import argparse
import importlib.util
import mmap
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SINTER = os.path.join(ROOT, "build", "release", "bin", "sinter")

GROUPBY_JOB = """version: 1
name: groupby
schema: {{ value: double }}
sources:
  in: {{ from: {csv} }}
entity: {{ key: key }}
fuse: {{ attributes: {{ value: mean }} }}
output: {{ fused: {{ to: {out} }} }}
execution: {{ workers: 2 }}
"""

SPARK = """
from pyspark.sql import SparkSession, functions as f
s = SparkSession.builder.master('local[2]').config('spark.ui.enabled', 'false').config('spark.driver.memory', '4g').getOrCreate()
s.sparkContext.setLogLevel('OFF')
words = s.read.text('{text}').select(f.explode(f.split('value', ' ')).alias('word'))
words.groupBy('word').count().orderBy('word').write.csv('{out}', mode='overwrite')
"""
MAWK_WORDS = "{ for (i = 1; i <= NF; ++i) counts[$i]++ } END { for (word in counts) print word \",\" counts[word] }"

DUCKDB = """
import duckdb
c = duckdb.connect(config={{'threads': 2}})
c.execute('set preserve_insertion_order=false')
columns = {{'key':'VARCHAR', 'source':'VARCHAR', 'ts':'BIGINT', 'value':'DOUBLE', 'weight':'DOUBLE', 'note':'VARCHAR'}}
source = f"read_csv('{csv}', header=true, auto_detect=false, columns={{columns}})"
c.execute(f"copy (select key, avg(value) as value from {{source}} group by key order by key) to '{out}' (header)")
"""


def timed(command, **options):
    """Wall seconds and CPU seconds of one whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def settle_memory():
    """Touches the memory that a benchmark needs once, and gives it back. A virtual machine gets its pages from the host
    at first touch, at a tenth of the usual speed: whoever runs first would pay for all. Charged to nobody."""
    with open("/proc/meminfo") as file:
        available = next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))
    touched = mmap.mmap(-1, min(8 << 30, available // 2))
    for page in range(0, len(touched), 4096):
        touched[page] = 1
    touched.close()


def warm(path):
    with open(path, "rb") as file:
        while file.read(8 << 20):
            pass


def alternate(contenders, rounds, inputs, outputs):
    """Each run writes a new output: freeing the pages of an old one is no part of the job."""
    times = {name: [] for name, _ in contenders}
    for _ in range(rounds):
        for name, run in contenders:
            for path in outputs:
                if os.path.exists(path):
                    os.remove(path)
            for path in inputs:
                warm(path)
            times[name].append(run())
    return times


def report(title, times):
    print(f"\n{title}")
    base = statistics.median(wall for wall, _ in times["sinter"])
    for name, runs in times.items():
        wall = statistics.median(wall for wall, _ in runs)
        cpu = statistics.median(cpu for _, cpu in runs)
        spread = f"{min(w for w, _ in runs):.2f}-{max(w for w, _ in runs):.2f}"
        print(f"  {name:10} {wall:8.3f} s wall ({spread}) {cpu:8.3f} s cpu   {wall / base:6.2f}x of sinter's time")


def same_means(ours, theirs):
    """Same keys in the same order; means equal to 1e-9 (peers' sums depend on order)."""
    with open(ours) as a, open(theirs) as b:
        next(a), next(b)
        for line, (x, y) in enumerate(zip(a, b, strict=True), 2):
            kx, vx = x.rstrip("\n").rsplit(",", 1)
            ky, vy = y.rstrip("\r\n").rsplit(",", 1)
            if kx != ky or abs(float(vx) - float(vy)) > 1e-9:
                sys.exit(f"outputs differ in line {line}: {x!r} and {y!r}")


def bench_groupby(work, rows, keys, rounds):
    csv = os.path.join(work, f"groupby-{rows}-{keys}.csv")
    if not os.path.exists(csv):
        sizes = ["--rows", str(rows), "--keys", str(keys), "--seed", "42", "-q"]
        subprocess.run([SINTER, "generate", work, "--kind", "groupby", *sizes], check=True)
        os.rename(os.path.join(work, "groupby.csv"), csv)
    job = os.path.join(work, "groupby.yaml")
    out = os.path.join(work, "sinter.csv")
    with open(job, "w") as file:
        file.write(GROUPBY_JOB.format(csv=csv, out=out))
    contenders = [("sinter", lambda: timed([SINTER, "run", job, "--force", "-q"]))]
    peer = os.path.join(work, "duckdb.csv")
    if importlib.util.find_spec("duckdb"):
        script = DUCKDB.format(csv=csv, out=peer)
        contenders.append(("duckdb", lambda: timed([sys.executable, "-c", script])))
        for _, run in contenders:
            run()
        same_means(out, peer)
    else:
        print("duckdb: not installed (pip install duckdb), skipped")
    size = os.path.getsize(csv)
    times = alternate(contenders, rounds, [csv], [out, peer])
    report(f"group-by mean: {size / 1e9:.2f} GB CSV, {rows} rows, {keys} keys -> sorted CSV", times)


def bench_sort(work, rows, rounds):
    text = os.path.join(work, f"tera-{rows}.txt")
    if not os.path.exists(text):
        subprocess.run([SINTER, "generate", work, "--kind", "tera", "--rows", str(rows), "--seed", "42", "-q"], check=True)
        os.rename(os.path.join(work, "tera.txt"), text)
    ours, theirs = os.path.join(work, "sinter.sorted"), os.path.join(work, "gnu.sorted")
    sorter = os.path.join(ROOT, "build", "release", "bin", "sinter_sort")
    contenders = [
        ("sinter", lambda: timed([sorter, text, ours, "--force", "--workers", "2"])),
        ("gnu sort", lambda: timed(["sort", "--parallel=2", "-o", theirs, text], env={**os.environ, "LC_ALL": "C"})),
    ]
    for _, run in contenders:
        run()
    if subprocess.run(["cmp", "-s", ours, theirs]).returncode != 0:
        sys.exit("sorted outputs differ")
    report(f"sort: {os.path.getsize(text) / 1e9:.2f} GB of 100-byte records", alternate(contenders, rounds, [text], [ours, theirs]))


def same_counts(ours, theirs):
    """Ours is sorted and has a header."""
    with open(ours) as file:
        next(file)
        mine = file.read().splitlines()
    if mine != sorted(theirs):
        sys.exit("word counts differ")


def bench_words(work, lines, rounds):
    directory = os.path.join(work, f"words-{lines}")
    text, ours = os.path.join(directory, "data", "text.txt"), os.path.join(directory, "counts.csv")
    if not os.path.exists(text):
        sizes = ["--rows", str(lines), "--keys", "1000000", "--zipf", "1", "--seed", "42", "-q"]
        subprocess.run([SINTER, "generate", os.path.dirname(text), "--kind", "text", *sizes], check=True)
    program = os.path.join(ROOT, "build", "release", "bin", "example_word_count")
    theirs, spark = os.path.join(directory, "mawk.csv"), os.path.join(directory, "spark")
    contenders = [("sinter", lambda: timed([program, "--force", "--workers", "2"], cwd=directory))]
    contenders[0][1]()
    if shutil.which("mawk"):
        contenders.append(("mawk", lambda: timed(["sh", "-c", f"mawk '{MAWK_WORDS}' {text} > {theirs}"])))
        contenders[-1][1]()
        with open(theirs) as file:
            same_counts(ours, file.read().splitlines())
    if importlib.util.find_spec("pyspark"):
        script = SPARK.format(text=text, out=spark)
        contenders.append(("pyspark", lambda: timed([sys.executable, "-c", script])))
        contenders[-1][1]()
        parts = sorted(os.path.join(spark, name) for name in os.listdir(spark) if name.startswith("part-"))
        same_counts(ours, [line for part in parts for line in open(part).read().splitlines()])
    else:
        print("pyspark: not installed (pip install pyspark, and a JVM), skipped")
    report(f"word count: {os.path.getsize(text) / 1e9:.2f} GB of text, 1 M words by Zipf's law",
           alternate(contenders, rounds, [text], [ours, theirs]))


def bench_tiny(work, rounds):
    csv, out = os.path.join(work, "tiny.csv"), os.path.join(work, "tiny.out.csv")
    with open(csv, "w") as file:
        file.write("key,value\n" + "".join(f"k{i % 3},{i}\n" for i in range(10)))
    job = os.path.join(work, "tiny.yaml")
    with open(job, "w") as file:
        file.write(GROUPBY_JOB.format(csv=csv, out=out))
    contenders = [("sinter", lambda: timed([SINTER, "run", job, "--force", "-q"]))]
    if shutil.which("mawk"):
        script = "NR>1{s[$1]+=$2;n[$1]++}END{for(k in s)print k,s[k]/n[k]}"
        contenders.append(("mawk", lambda: timed(["mawk", "-F,", script, csv])))
    report("ten lines, everything included", alternate(contenders, max(rounds, 11), [csv], [out]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default=os.path.join(ROOT, "build", "bench"))
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--tera-rows", type=int, default=10_000_000)
    parser.add_argument("--lines", type=int, default=17_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("only", nargs="*", choices=[[], "groupby", "sort", "words", "tiny"], help="which; default all")
    arguments = parser.parse_args()
    os.makedirs(arguments.work, exist_ok=True)
    only = arguments.only or ["tiny", "groupby", "sort", "words"]
    settle_memory()
    if "tiny" in only:
        bench_tiny(arguments.work, arguments.rounds)
    if "groupby" in only:
        bench_groupby(arguments.work, arguments.rows, arguments.keys, arguments.rounds)
    if "sort" in only:
        bench_sort(arguments.work, arguments.tera_rows, arguments.rounds)
    if "words" in only:
        bench_words(arguments.work, arguments.lines, arguments.rounds)


if __name__ == "__main__":
    main()
