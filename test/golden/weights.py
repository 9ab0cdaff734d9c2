"""
Writes weights.json: penalties on parameters, as nodes in the form of the other files, and weight-links.json: the weights of each step where
a link stands behind torch.optim.SGD, and the averages that it keeps.

Values come from PyTorch in float64: penalties pair by pair with its automatic differentiation, averages from torch.optim.swa_utils, constraints
by the formulas of Keras, vector by vector. Run: python3 test/golden/weights.py
"""
import itertools
import json
import pathlib
import torch
from torch.optim.swa_utils import AveragedModel

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


def tensor(*shape):
    """Random numbers that float32 holds."""
    return torch.randn(shape).float().double()


def rounded(x):
    """Nine digits, as in the other files."""
    return {'shape': list(x.shape), 'data': [float(f'{v:.9g}') for v in x.detach().reshape(-1).tolist()]}


def write(name, cases):
    text = '[\n' + ',\n'.join(json.dumps(each) for each in cases) + '\n]\n'
    pathlib.Path(__file__).with_name(name).write_text(text)


# --- penalties --------------------------------------------------------------------------------------------------------

nodes = []


def penalty(node, config, f, *shape):
    x = tensor(*shape).requires_grad_()
    y, dy = f(x), tensor()
    y.backward(dy)
    nodes.append({
        'node': node, 'config': config, 'inputs': {'x': rounded(x)}, 'parameters': {}, 'outputGradient': rounded(dy), 'output': rounded(y),
        'inputGradients': {'x': rounded(x.grad)}, 'parameterGradients': {}, 'tolerance': 2e-5, 'origin': 'PyTorch, by the formula',
    })


def mean_cosine(vectors):
    """The mean of |cos| over all pairs."""
    pairs = itertools.combinations(vectors, 2)
    return torch.stack([torch.nn.functional.cosine_similarity(a, b, dim=0).abs() for a, b in pairs]).mean()


penalty('l1Regularization', {'factor': 0.3}, lambda x: 0.3 * torch.linalg.vector_norm(x, 1), 4, 3)
penalty('l2Regularization', {'factor': 0.2}, lambda x: 0.2 * torch.linalg.vector_norm(x) ** 2, 4, 3)
penalty('l2Regularization', {'factor': 0.2}, lambda x: 0.2 * torch.linalg.vector_norm(x) ** 2, 2, 3, 2, 4)
penalty('l1l2Regularization', {'l1': 0.1, 'l2': 0.4}, lambda x: 0.1 * x.abs().sum() + 0.4 * torch.dot(x, x), 7)
penalty('orthogonalRegularization', {'factor': 0.5}, lambda x: 0.5 * mean_cosine(x), 4, 6)
penalty('orthogonalRegularization', {'factor': 0.5, 'mode': 'columns'}, lambda x: 0.5 * mean_cosine(x.T), 5, 3)

# --- links behind an optimizer ------------------------------------------------------------------------------------------

links = []
RATE, STEPS = 0.5, 12


def along(axes, f):
    """Applies f to each vector that lies along some axes."""
    def constrain(w, t):
        axes_of = [axis % w.dim() for axis in axes]
        others = [axis for axis in range(w.dim()) if axis not in axes_of]
        order = others + axes_of
        rows = w.permute(order).reshape(max(1, w.numel() // max(1, torch.tensor([w.shape[a] for a in axes_of]).prod().item())), -1)
        made = torch.stack([row * f(row.norm()) for row in rows])
        back = [order.index(axis) for axis in range(w.dim())]
        return made.reshape([w.shape[a] for a in order]).permute(back)
    return constrain


def link(name, config, change, shape, average=None):
    """`change` gives the weights after step t; `average` what is kept, from the weights before the first and after each step."""
    w = torch.nn.Parameter(tensor(*shape))
    sgd = torch.optim.SGD([w], lr=RATE)
    initial, gradients, values, averages = rounded(w), [], [], []
    kept = average(w) if average else None
    for t in range(1, STEPS + 1):
        w.grad = tensor(*shape)
        gradients.append(rounded(w.grad))
        sgd.step()
        w.data = change(w.data, t).contiguous()
        values.append(rounded(w))
        if kept:
            averages.append(rounded(kept(w, t)))
    links.append({
        'link': name, 'config': config, 'learningRate': RATE, 'initial': initial, 'gradients': gradients, 'values': values,
        **({'averages': averages} if kept else {}),
    })


EPSILON = 1e-7
clip = lambda n, low, high: torch.clamp(n, low, high) / (EPSILON + n)
partly = lambda n, low, high, rate: (rate * torch.clamp(n, low, high) + (1 - rate) * n) / (EPSILON + n)
same = lambda w, t: w

link('maxNorm', {}, along([0], lambda n: clip(n, 0, 2)), (5, 3))
link('maxNorm', {'maxValue': 0.7, 'axis': 1}, along([1], lambda n: clip(n, 0, 0.7)), (5, 3))
link('maxNorm', {'maxValue': 0.9, 'axis': [0, 1, 2]}, along([0, 1, 2], lambda n: clip(n, 0, 0.9)), (2, 2, 3, 4))
link('maxNorm', {'maxValue': 0.8, 'axis': -1}, along([-1], lambda n: clip(n, 0, 0.8)), (2, 2, 3))
link('minMaxNorm', {}, along([0], lambda n: partly(n, 0, 1, 1)), (4, 3))
link('minMaxNorm', {'minValue': 1.5, 'maxValue': 1.8, 'rate': 0.3}, along([0], lambda n: partly(n, 1.5, 1.8, 0.3)), (4, 3))
link('unitNorm', {}, along([0], lambda n: 1 / (EPSILON + n)), (4, 3))
link('unitNorm', {'axis': [0, 1]}, along([0, 1], lambda n: 1 / (EPSILON + n)), (2, 3, 4))
link('nonNegative', {}, lambda w, t: torch.where(w >= 0, w, torch.zeros_like(w)), (4, 3))


class Holder(torch.nn.Module):
    def __init__(self, w):
        super().__init__()
        self.w = torch.nn.Parameter(w.detach().clone())


def exponential(decay):
    """An AveragedModel that begins with the first weights."""
    def begin(w):
        holder = Holder(w)
        kept = AveragedModel(holder, avg_fn=lambda average, now, count: decay * average + (1 - decay) * now)
        kept.update_parameters(holder)

        def after(w, t):
            holder.w.data = w.detach().clone()
            kept.update_parameters(holder)
            return kept.module.w.clone()
        return after
    return begin


def stochastic(start, every):
    """An AveragedModel from its start; before that the weights themselves."""
    def begin(w):
        holder = Holder(w)
        kept = AveragedModel(holder)

        def after(w, t):
            holder.w.data = w.detach().clone()
            if t >= start and (t - start) % every == 0:
                kept.update_parameters(holder)
            return (kept.module.w if t >= start else w).clone()
        return after
    return begin


link('exponentialMovingAverage', {'decay': 0.8}, same, (4, 3), exponential(0.8))
link('exponentialMovingAverage', {}, same, (3, 2), exponential(0.999))
link('stochasticWeightAveraging', {'start': 3, 'every': 4}, same, (4, 3), stochastic(3, 4))
link('stochasticWeightAveraging', {'start': 2}, same, (4, 3), stochastic(2, 1))


def lookahead(steps, alpha):
    """Fast weights that go back to a point on the line to the slow ones."""
    slow = []

    def change(w, t):
        if t % steps:
            return w
        slow[0] = torch.lerp(slow[0], w, alpha)
        return slow[0].clone()

    return slow, change


for steps, alpha, config in [(5, 0.5, {}), (3, 0.8, {'steps': 3, 'alpha': 0.8})]:
    state = torch.get_rng_state()
    first = tensor(4, 3)
    torch.set_rng_state(state)
    slow, change = lookahead(steps, alpha)
    slow.append(first)
    link('lookahead', config, change, (4, 3))

write('weights.json', nodes)
write('weight-links.json', links)
