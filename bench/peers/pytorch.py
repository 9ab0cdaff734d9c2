"""PyTorch as a contestant. Argument: its threads; those of OpenBLAS are set by OPENBLAS_NUM_THREADS."""
import ctypes
import json
import resource
import sys
import time

import torch

NETS = {
    'S': ([2, 16, 16, 1], 32, 'binary'),
    'M': ([784, 128, 64, 10], 64, 'categorical'),
    'L': ([1024, 1024, 1024, 10], 256, 'categorical'),
}
LEARNING_RATE = 0.01
BATCHES = 50
# As in protocol.ts: seconds before the first measurement, and a share of each before it is counted.
WARM_UP = 0.7
LEAD_IN = 4


def prepare(name):
    sizes, batch, kind = NETS[name]
    torch.manual_seed(7)
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE)
    xs = [torch.rand(batch, sizes[0]) * 2 - 1 for _ in range(BATCHES)]
    # From logits, and classes as indices: it computes the same, and is the fastest that PyTorch has.
    if kind == 'binary':
        loss_of = torch.nn.BCEWithLogitsLoss()
        targets = [torch.rand(batch, 1).round() for _ in range(BATCHES)]
    else:
        loss_of = torch.nn.CrossEntropyLoss()
        targets = [torch.randint(0, sizes[-1], (batch,)) for _ in range(BATCHES)]
    done = 0

    def train(steps):
        nonlocal done
        for _ in range(steps):
            i = done % BATCHES
            done += 1
            optimizer.zero_grad(set_to_none=True)
            loss_of(net(xs[i]), targets[i]).backward()
            optimizer.step()

    return train


def time_of(train, seconds, pace):
    piece = max(1, round(seconds / 4 / pace))
    start, steps = time.perf_counter(), 0
    while True:
        train(piece)
        steps += piece
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return elapsed, steps


def pace_of(train):
    pace, total = 1e-4, 0.0
    while total < WARM_UP:
        elapsed, steps = time_of(train, min(WARM_UP / 4, 20 * pace), pace)
        total, pace = total + elapsed, elapsed / steps
    return pace


def blas():
    """The OpenBLAS that PyTorch has loaded, and the processor core that it was chosen for."""
    try:
        with open('/proc/self/maps') as maps:
            paths = {line.split()[-1] for line in maps if 'blas' in line.lower() and '.so' in line}
        for path in sorted(paths):
            library = ctypes.CDLL(path)
            if hasattr(library, 'openblas_get_corename'):
                texts = [library.openblas_get_config, library.openblas_get_corename]
                for text in texts:
                    text.restype = ctypes.c_char_p
                config, core = (text().decode().strip() for text in texts)
                return {'BLAS of PyTorch': f'{" ".join(config.split()[:2])}, core {core}'}
    except OSError:
        pass
    return {}


def say(line):
    print(json.dumps(line), flush=True)


torch.set_num_threads(int(sys.argv[1]))
say({'versions': {'torch': torch.__version__, 'Python': sys.version.split()[0], **blas()}})
known = {}
for line in sys.stdin:
    question = json.loads(line)
    name = question['net']
    if name not in known:
        train = prepare(name)
        train(1)
        known[name] = [train, pace_of(train)]
    train, pace = known[name]
    seconds = question['milliseconds'] / 1000
    # While others had their turn, the caches of the processor were theirs.
    if pace < seconds:
        time_of(train, seconds / LEAD_IN, pace)
    elapsed, steps = time_of(train, seconds, pace)
    known[name][1] = elapsed / steps
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say({'microseconds': elapsed / steps * 1e6, 'steps': steps, 'peakMemory': peak})
