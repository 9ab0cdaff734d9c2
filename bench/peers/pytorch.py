"""PyTorch as a contestant. Argument: its threads; those of OpenBLAS are set by OPENBLAS_NUM_THREADS."""
import ctypes
import json
import resource
import sys
import time

import torch
from torch import nn

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


def dense(sizes, batch, kind):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    # From logits, and classes as indices: it computes the same, and is the fastest that PyTorch has.
    if kind == 'binary':
        loss_of, target = nn.BCEWithLogitsLoss(), lambda: torch.rand(batch, 1).round()
    else:
        loss_of, target = nn.CrossEntropyLoss(), lambda: torch.randint(0, sizes[-1], (batch,))
    net = nn.Sequential(*layers[:-1])
    return net, loss_of, lambda: torch.rand(batch, sizes[0]) * 2 - 1, target


def images(channels, filters, side):
    net = nn.Sequential(
        nn.Conv2d(channels, filters[0], 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(filters[0], filters[1], 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(filters[1] * (side // 4) ** 2, 10),
    )
    x, target = lambda: torch.rand(64, channels, side, side) * 2 - 1, lambda: torch.randint(0, 10, (64,))
    return net, nn.CrossEntropyLoss(), x, target


class Last(nn.Module):
    def __init__(self, recurrent):
        super().__init__()
        self.recurrent, self.dense = recurrent, nn.Linear(64, 1)

    def forward(self, x):
        return self.dense(self.recurrent(x)[0][:, -1])


def sequence(recurrent):
    x, target = lambda: torch.rand(32, 50, 32) * 2 - 1, lambda: torch.rand(32, 1) * 2 - 1
    return Last(recurrent(32, 64, batch_first=True)), nn.MSELoss(), x, target


class Block(nn.Module):
    """Normalized before attention and before the two dense layers, as in GPT-2; attention by hand, as PyTorch 1.13 asks for."""

    def __init__(self):
        super().__init__()
        self.before, self.between = nn.LayerNorm(128), nn.LayerNorm(128)
        self.heads, self.joined = nn.Linear(128, 384), nn.Linear(128, 128)
        self.thought = nn.Sequential(nn.Linear(128, 512), nn.GELU(), nn.Linear(512, 128))
        self.register_buffer('allowed', torch.tril(torch.ones(64, 64, dtype=torch.bool)))

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.heads(self.before(x)).split(128, 2)
        q, k, v = (part.view(batch, length, 4, 32).transpose(1, 2) for part in parts)
        scores = (q @ k.transpose(-2, -1)) / 32 ** 0.5
        weights = scores.masked_fill(~self.allowed, float('-inf')).softmax(-1)
        seen = x + self.joined((weights @ v).transpose(1, 2).reshape(batch, length, width))
        return seen + self.thought(self.between(seen))


def transformer():
    draw = lambda: torch.rand(12, 64, 128) * 2 - 1
    return Block(), nn.MSELoss(), draw, draw


class Characters(nn.Module):
    def __init__(self):
        super().__init__()
        self.characters, self.places = nn.Embedding(65, 128), nn.Embedding(64, 128)
        self.blocks = nn.Sequential(*(Block() for _ in range(4)), nn.LayerNorm(128), nn.Linear(128, 65, bias=False))

    def forward(self, x):
        return self.blocks(self.characters(x) + self.places.weight).transpose(1, 2)


def characters():
    draw = lambda: torch.randint(0, 65, (12, 64))
    return Characters(), nn.CrossEntropyLoss(), draw, draw


class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows, self.dense = nn.Embedding(10_000, 64), nn.Linear(64, 1)

    def forward(self, x):
        return self.dense(self.rows(x).mean(1))


def embedding():
    return Rows(), nn.MSELoss(), lambda: torch.randint(0, 10_000, (256, 20)), lambda: torch.rand(256, 1) * 2 - 1


LAYERED = {
    'CNN': lambda: images(1, (8, 16), 28),
    'wide CNN': lambda: images(16, (32, 64), 14),
    'LSTM': lambda: sequence(nn.LSTM),
    'GRU': lambda: sequence(nn.GRU),
    'transformer': transformer,
    'characters': characters,
    'embedding': embedding,
}


def prepare(name):
    torch.manual_seed(7)
    if name in NETS:
        net, loss_of, x, target = dense(*NETS[name])
        optimizer = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE)
    else:
        net, loss_of, x, target = LAYERED[name]()
        optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    xs, targets = [x() for _ in range(BATCHES)], [target() for _ in range(BATCHES)]
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
