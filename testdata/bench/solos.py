# Prints the PESQ of each solo in two mixes, after taking up what is left of a delay:
#   solos.py MIX MIX (MILLISECONDS ORIGINAL)...
import subprocess, sys
import numpy
from pesq import pesq

RATE = 8000

def decoded(path):
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-ac", "1", "-ar", str(RATE),
               "-f", "s16le", "-"]
    raw = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return numpy.frombuffer(raw, numpy.int16).astype(numpy.float32) / 32768

mixes = [decoded(path) for path in sys.argv[1:3]]
solos = sys.argv[3:]
for begin, path in zip(solos[::2], solos[1::2]):
    truth = decoded(path)
    start = int(begin) * RATE // 1000
    scores = []
    for mix in mixes:
        room = 400
        padded = numpy.concatenate([numpy.zeros(room, numpy.float32), mix,
                                    numpy.zeros(room + len(truth), numpy.float32)])
        heard = padded[start:start + len(truth) + 2 * room]
        shift = int(numpy.argmax(numpy.correlate(heard, truth, "valid")))
        scores.append(pesq(RATE, truth, heard[shift:shift + len(truth)], "nb"))
    print(*scores)
