"""PyTorch's nodes one by one: for each line with a name, times it for about 3 milliseconds and prints the microseconds."""
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(7)


def elementwise(function, count):
    x = torch.randn(count, requires_grad=True)
    gradient = torch.randn(count)

    def run():
        x.grad = None
        function(x).backward(gradient)

    return run


def layer(module, shape):
    x = torch.randn(shape, requires_grad=True)
    gradient = torch.randn(shape)

    def run():
        x.grad = None
        module.zero_grad(set_to_none=True)
        module(x).backward(gradient)

    return run


def cross_entropy():
    z = torch.randn(256, 1000, requires_grad=True)
    target = torch.softmax(torch.randn(256, 1000), 1)

    def run():
        z.grad = None
        F.cross_entropy(z, target).backward()

    return run


def bias_relu_dropout():
    x = torch.randn(1024, 512, requires_grad=True)
    bias = torch.randn(512, requires_grad=True)
    gradient = torch.randn(1024, 512)

    def run():
        x.grad = bias.grad = None
        F.dropout(F.relu(x + bias), 0.2).backward(gradient)

    return run


def lstm_cell():
    z = torch.randn(32, 256, requires_grad=True)
    before = torch.randn(32, 64, requires_grad=True)
    gradients = [torch.randn(32, 64), torch.randn(32, 64)]

    def run():
        z.grad = before.grad = None
        i, f, g, o = z.chunk(4, 1)
        c = torch.sigmoid(f) * before + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        torch.autograd.backward([h, c], gradients)

    return run


def adam(count):
    parameter = torch.nn.Parameter(torch.randn(count))
    parameter.grad = torch.randn(count)
    return torch.optim.Adam([parameter]).step


def softmax():
    x = torch.randn(256, 1000)
    return lambda: torch.softmax(x, 1)


def gelu(x):
    return F.gelu(x, approximate='tanh')


RUNS = {
    'gelu, 1M entries': elementwise(gelu, 2**20),
    'gelu, 16K entries': elementwise(gelu, 2**14),
    'silu, 1M entries': elementwise(F.silu, 2**20),
    'silu, 16K entries': elementwise(F.silu, 2**14),
    'softmax [256, 1000], forward': softmax(),
    'softmax cross-entropy [256, 1000]': cross_entropy(),
    'layer normalization [512, 256]': layer(torch.nn.LayerNorm(256), (512, 256)),
    'batch normalization [50176, 8]': layer(torch.nn.BatchNorm1d(8), (50176, 8)),
    'mish, 1M entries': elementwise(F.mish, 2**20),
    'mish, 16K entries': elementwise(F.mish, 2**14),
    'bias, relu, dropout [1024, 512]': bias_relu_dropout(),
    'LSTM cell 32 x 64, without its products': lstm_cell(),
    'Adam, 1M parameters': adam(1_000_000),
    'Adam, 10K parameters': adam(10_000),
}


def time_of(run, repeat):
    start = time.perf_counter()
    for _ in range(repeat):
        run()
    return (time.perf_counter() - start) / repeat * 1e6


for line in sys.stdin:
    run = RUNS[line.strip()]
    repeat = max(1, round(3000 / time_of(run, 1)))
    print(time_of(run, repeat), flush=True)
