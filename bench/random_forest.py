#!/usr/bin/env python3
"""The random forest of examples/10_random_forest beside scikit-learn's, on the same rows: bench/random_forest.py

Tables: breast cancer and digits (bundled with scikit-learn, exported here) and a generated one. For each table and seed the example
sets rows aside for its test; scikit-learn learns from the other rows and predicts the same ones. Exit status 1 when the mean accuracy
over the seeds is more than one percentage point below scikit-learn's. Needs: pip install scikit-learn.
"""
import argparse
import csv
import os
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(ROOT, "build", "release", "bin", "example_random_forest")
TOLERANCE = 0.01


def tables():
    from sklearn.datasets import load_breast_cancer, load_digits, make_classification

    yield "breast cancer", *load_breast_cancer(return_X_y=True)
    yield "digits", *load_digits(return_X_y=True)
    yield "generated", *make_classification(4000, 20, n_informative=8, n_classes=3, flip_y=0.05, random_state=7)


def export(path, features, labels):
    with open(path, "w", newline="") as file:
        file.write("id,label,features\n")
        for i, (row, label) in enumerate(zip(features, labels)):
            file.write(f"{i},{label},{';'.join(repr(float(value)) for value in row)}\n")


def ours(directory, seed):
    start = time.perf_counter()
    command = [PROGRAM, "--force", "--param", f"seed={seed}"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    with open(os.path.join(directory, "tested.csv")) as file:
        return {int(row["id"]): row["label"] == row["predicted"] for row in csv.DictReader(file)}, time.perf_counter() - start


def theirs(features, labels, tested, seed):
    from sklearn.ensemble import RandomForestClassifier

    learned = [i for i in range(len(labels)) if i not in tested]
    rows = sorted(tested)
    start = time.perf_counter()
    forest = RandomForestClassifier(n_estimators=100, random_state=seed, n_jobs=2).fit(features[learned], labels[learned])
    return forest.score(features[rows], labels[rows]), time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default=os.path.join(ROOT, "build", "bench", "random_forest"))
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    worse = False
    for name, features, labels in tables():
        directory = os.path.join(arguments.work, name.replace(" ", "_"))
        os.makedirs(os.path.join(directory, "data"), exist_ok=True)
        export(os.path.join(directory, "data", "table.csv"), features, labels)
        pairs = []
        for seed in range(1, arguments.seeds + 1):
            tested, our_seconds = ours(directory, seed)
            score, their_seconds = theirs(features, labels, tested, seed)
            pairs.append((sum(tested.values()) / len(tested), score, our_seconds, their_seconds))
        mine, peer, our_seconds, their_seconds = (statistics.mean(column) for column in zip(*pairs))
        worse |= mine < peer - TOLERANCE
        print(f"{name:14} accuracy: sinter {mine:.4f}, scikit-learn {peer:.4f} ({100 * (mine - peer):+.2f} points, "
              f"mean of {len(pairs)} seeds); seconds: {our_seconds:.2f} and {their_seconds:.2f}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
