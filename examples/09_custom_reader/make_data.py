"""make_data.py: the packets in data/: two logs, one of them compressed; five packets were damaged on the way."""
import gzip
import random
import struct

STATIONS = ["dresden", "kiel", "lisboa", "oslo", "po"]


def packet(station, level):
    body = bytes([len(station)]) + station.encode() + struct.pack("<h", level)
    total = 0
    for byte in body:
        total ^= byte
    return b"\xf0\x9f" + body + bytes([total])


def log(seed, count, damaged):
    numbers = random.Random(seed)
    packets = [bytearray(packet(numbers.choice(STATIONS), numbers.randint(-900, -300))) for _ in range(count)]
    for which in numbers.sample(range(count), damaged):
        packets[which][numbers.randrange(len(packets[which]))] ^= 0x55
    return b"".join(packets)


with open("data/day1.bin", "wb") as out:
    out.write(log(1, 400, 3))
with open("data/day2.bin.gz", "wb") as out:
    out.write(gzip.compress(log(2, 400, 2), mtime=0))
